using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>What a server's metadata say.</summary>
/// <param name="Databases">Its databases.</param>
/// <param name="Users">Its users.</param>
internal sealed record MetaData(IReadOnlyList<MetaDatabase> Databases, IReadOnlyList<MetaUser> Users)
{
    /// <summary>A database; null when there is none of that name.</summary>
    public MetaDatabase? Find(string name) => Databases.FirstOrDefault(database => database.Name == name);
}

/// <summary>A database.</summary>
internal sealed record MetaDatabase(
    string Name, string DefaultPolicy, IReadOnlyList<MetaPolicy> Policies, IReadOnlyList<MetaContinuousQuery> ContinuousQueries);

/// <summary>A retention policy; durations in ns, 0 = for ever.</summary>
internal sealed record MetaPolicy(
    string Name,
    long Duration,
    long ShardDuration,
    long Replication,
    IReadOnlyList<MetaShardGroup> ShardGroups,
    IReadOnlyList<MetaSubscription> Subscriptions);

/// <summary>A shard group with its shards' numbers.</summary>
internal sealed record MetaShardGroup(ulong Id, TimeRange Window, bool IsDeleted, IReadOnlyList<ulong> Shards);

/// <summary>A continuous query.</summary>
internal sealed record MetaContinuousQuery(string Name, string Query);

/// <summary>A subscription.</summary>
internal sealed record MetaSubscription(string Name, string Mode, IReadOnlyList<string> Destinations);

/// <summary>A user with the hash of the password and the rights per database (1 read, 2 write, 3 both).</summary>
internal sealed record MetaUser(string Name, string Hash, bool IsAdmin, IReadOnlyDictionary<string, int> Privileges);
