using TsBackup.Connectors.InfluxDb.Tsm;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>Reads the metadata message of a server, from its file or from the snapshot port.</summary>
internal static class MetaReader
{
    /// <summary>Reads the message.</summary>
    /// <exception cref="TsmDamage">The message is malformed.</exception>
    public static MetaData Read(ReadOnlySpan<byte> data)
    {
        var databases = new List<MetaDatabase>();
        var users = new List<MetaUser>();
        for (var reader = new ProtoReader(data); reader.Next();)
        {
            if (reader.Field == 5)
                databases.Add(Database(reader.Bytes));
            else if (reader.Field == 6)
                users.Add(User(reader.Bytes));
        }
        return new MetaData(databases, users);
    }

    private static MetaDatabase Database(ReadOnlySpan<byte> data)
    {
        var (name, defaultPolicy) = ("", "");
        var policies = new List<MetaPolicy>();
        var queries = new List<MetaContinuousQuery>();
        for (var reader = new ProtoReader(data); reader.Next();)
        {
            switch (reader.Field)
            {
                case 1:
                    name = reader.Text;
                    break;
                case 2:
                    defaultPolicy = reader.Text;
                    break;
                case 3:
                    policies.Add(Policy(reader.Bytes));
                    break;
                case 4:
                    var (query, text) = TwoTexts(reader.Bytes);
                    queries.Add(new MetaContinuousQuery(query, text));
                    break;
            }
        }
        return new MetaDatabase(name, defaultPolicy, policies, queries);
    }

    private static MetaPolicy Policy(ReadOnlySpan<byte> data)
    {
        var name = "";
        var (duration, shardDuration, replication) = (0L, 0L, 1L);
        var groups = new List<MetaShardGroup>();
        var subscriptions = new List<MetaSubscription>();
        for (var reader = new ProtoReader(data); reader.Next();)
        {
            switch (reader.Field)
            {
                case 1:
                    name = reader.Text;
                    break;
                case 2:
                    duration = (long)reader.Number;
                    break;
                case 3:
                    shardDuration = (long)reader.Number;
                    break;
                case 4:
                    replication = (long)reader.Number;
                    break;
                case 5:
                    groups.Add(ShardGroup(reader.Bytes));
                    break;
                case 6:
                    subscriptions.Add(Subscription(reader.Bytes));
                    break;
            }
        }
        return new MetaPolicy(name, duration, shardDuration, replication, groups, subscriptions);
    }

    private static MetaShardGroup ShardGroup(ReadOnlySpan<byte> data)
    {
        var (id, start, end, deleted) = (0UL, 0L, 0L, 0L);
        var shards = new List<ulong>();
        for (var reader = new ProtoReader(data); reader.Next();)
        {
            switch (reader.Field)
            {
                case 1:
                    id = reader.Number;
                    break;
                case 2:
                    start = (long)reader.Number;
                    break;
                case 3:
                    end = (long)reader.Number;
                    break;
                case 4:
                    deleted = (long)reader.Number;
                    break;
                case 5:
                    for (var shard = new ProtoReader(reader.Bytes); shard.Next();)
                    {
                        if (shard.Field == 1)
                            shards.Add(shard.Number);
                    }
                    break;
            }
        }

        // The first group begins before the first time an int64 can say, which leaves a start that has wrapped around.
        var window = new TimeRange(start > end ? long.MinValue : start, end == long.MinValue ? end : end - 1).Intersect(InfluxQl.ValidTimes);
        return new MetaShardGroup(id, window, deleted != 0, shards);
    }

    private static MetaSubscription Subscription(ReadOnlySpan<byte> data)
    {
        var (name, mode) = ("", "");
        var destinations = new List<string>();
        for (var reader = new ProtoReader(data); reader.Next();)
        {
            if (reader.Field == 1)
                name = reader.Text;
            else if (reader.Field == 2)
                mode = reader.Text;
            else if (reader.Field == 3)
                destinations.Add(reader.Text);
        }
        return new MetaSubscription(name, mode, destinations);
    }

    private static MetaUser User(ReadOnlySpan<byte> data)
    {
        var (name, hash, admin) = ("", "", false);
        var privileges = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var reader = new ProtoReader(data); reader.Next();)
        {
            switch (reader.Field)
            {
                case 1:
                    name = reader.Text;
                    break;
                case 2:
                    hash = reader.Text;
                    break;
                case 3:
                    admin = reader.Number != 0;
                    break;
                case 4:
                    var (database, privilege) = ("", 0);
                    for (var pair = new ProtoReader(reader.Bytes); pair.Next();)
                    {
                        if (pair.Field == 1)
                            database = pair.Text;
                        else if (pair.Field == 2)
                            privilege = (int)Math.Min(pair.Number, int.MaxValue);
                    }
                    privileges[database] = privilege;
                    break;
            }
        }
        return new MetaUser(name, hash, admin, privileges);
    }

    private static (string First, string Second) TwoTexts(ReadOnlySpan<byte> data)
    {
        var (first, second) = ("", "");
        for (var reader = new ProtoReader(data); reader.Next();)
        {
            if (reader.Field == 1)
                first = reader.Text;
            else if (reader.Field == 2)
                second = reader.Text;
        }
        return (first, second);
    }
}
