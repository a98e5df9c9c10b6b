using System.Collections.Concurrent;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>
/// A database made ready for rows. Its new retention policies keep everything until the restore is complete: with the durations of
/// the source, the server would drop old rows while they are written.
/// </summary>
internal sealed class InfluxTarget
{
    private readonly InfluxApi _api;
    private readonly ConnectorOptions _options;
    private readonly Dictionary<string, InfluxRetentionPolicy> _created = new(StringComparer.Ordinal);
    private readonly Dictionary<string, InfluxRetentionPolicy> _present = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _shardDurations = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _earliest = new(StringComparer.Ordinal);

    private InfluxTarget(InfluxApi api, ConnectorOptions options, RestoreTarget restore)
    {
        _api = api;
        _options = options;
        var settings = restore.Catalog.Settings.Select(document => InfluxPolicyNames.Apply(document, restore.Groups)).ToList();
        Restore = restore with { Catalog = restore.Catalog with { Settings = settings } };
    }

    /// <summary>What is restored.</summary>
    public RestoreTarget Restore { get; }

    /// <summary>Makes the database and its retention policies, as far as they do not exist.</summary>
    public static async Task<InfluxTarget> PrepareAsync(
        InfluxApi api, InfluxCatalogReader catalog, ConnectorOptions options, RestoreTarget restore, CancellationToken cancellation)
    {
        var target = new InfluxTarget(api, options, restore);
        var wanted = target.Wanted();
        HashSet<string>? used = [];
        if (await catalog.ExistsAsync(cancellation).ConfigureAwait(false))
        {
            used = await UsedPoliciesAsync(api, cancellation).ConfigureAwait(false);
            foreach (var policy in await catalog.PoliciesAsync(cancellation).ConfigureAwait(false))
                target._present.Add(policy.Name, policy);
        }
        else
        {
            await target.CreateDatabaseAsync(wanted, cancellation).ConfigureAwait(false);
        }
        foreach (var policy in wanted)
        {
            if (target._present.ContainsKey(policy.Name) || target._created.ContainsKey(policy.Name))
                continue;
            await api.QueryAsync(policy.Create(api.Database, 0), cancellation).ConfigureAwait(false);
            target._created.Add(policy.Name, policy);
        }
        if (used is null)
            return target;
        foreach (var policy in await catalog.PoliciesAsync(cancellation).ConfigureAwait(false))
        {
            if (policy.Duration == 0 && !used.Contains(policy.Name))
                target._shardDurations.Add(policy.Name, policy.ShardDuration);
        }
        return target;
    }

    /// <summary>
    /// Nanoseconds of the shard groups of a policy that held nothing before, so that all of its shard groups have that length; else 0.
    /// </summary>
    public long ShardDurationOf(string policy) => _shardDurations.GetValueOrDefault(policy);

    /// <summary>Notes the earliest time of a batch that is written into a policy.</summary>
    public void NoteTime(string policy, Batch batch)
    {
        if (batch.Time is not { } time || batch.RunCount == 0)
            return;
        var earliest = long.MaxValue;
        for (var run = 0; run < batch.RunCount; run++)
            earliest = Math.Min(earliest, time.Values[batch.RunStart(run)]);
        _earliest.AddOrUpdate(policy, static (_, first) => first, static (_, seen, first) => Math.Min(seen, first), earliest);
    }

    /// <summary>Sets the durations right and brings the other settings back.</summary>
    public async Task<IReadOnlyList<SettingOutcome>> CompleteAsync(CancellationToken cancellation)
    {
        var outcomes = new List<SettingOutcome>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var document in Restore.Catalog.Settings.Where(document => document.Kind == InfluxRetentionPolicy.Kind))
        {
            if (!seen.Add(document.Name))
            {
                outcomes.Add(new SettingOutcome(document.Kind, document.Name, false, "Another retention policy was renamed to the same."));
                continue;
            }
            if (await CompletePolicyAsync(document, cancellation).ConfigureAwait(false) is { } outcome)
                outcomes.Add(outcome);
        }
        if (!Restore.IsScratch)
        {
            var settings = new InfluxSettingsRestorer(_api);
            foreach (var document in Restore.Catalog.Settings.Where(document => document.Kind != InfluxRetentionPolicy.Kind))
                outcomes.Add(await settings.RestoreAsync(document, cancellation).ConfigureAwait(false));
        }
        return outcomes;
    }

    /// <summary>The retention policies that have shard groups; null when the user may not ask for them.</summary>
    private static async Task<HashSet<string>?> UsedPoliciesAsync(InfluxApi api, CancellationToken cancellation)
    {
        try
        {
            return [.. (await InfluxShardGroup.ReadAllAsync(api, cancellation).ConfigureAwait(false)).Select(group => group.Policy)];
        }
        catch (TsBackupException error) when (error.Id is ErrorId.StoreAccessDenied)
        {
            return null;
        }
    }

    private List<InfluxRetentionPolicy> Wanted()
    {
        var wanted = Restore.Catalog.Settings.Select(InfluxRetentionPolicy.FromDocument).OfType<InfluxRetentionPolicy>().ToList();
        foreach (var group in Restore.Catalog.Tables.Select(table => table.Id.Group).Distinct(StringComparer.Ordinal))
        {
            if (group.Length > 0 && wanted.TrueForAll(policy => policy.Name != group))
                wanted.Add(new InfluxRetentionPolicy(group, 0, 0, 1, IsDefault: false));
        }
        return wanted;
    }

    private async Task CreateDatabaseAsync(List<InfluxRetentionPolicy> wanted, CancellationToken cancellation)
    {
        // Named here, so that the database gets no 'autogen' that the source does not have.
        var first = wanted.Find(policy => policy.IsDefault);
        var with = first is null
            ? ""
            : $" WITH DURATION INF REPLICATION {Math.Max(1, first.Replication)}"
                + (first.ShardDuration > 0 ? $" SHARD DURATION {first.ShardDuration}ns" : "") + $" NAME {InfluxQl.Name(first.Name)}";
        await _api.QueryAsync($"CREATE DATABASE {InfluxQl.Name(_api.Database)}{with}", cancellation).ConfigureAwait(false);
        if (first is not null)
            _created.Add(first.Name, first);
        else
            _present.Add("autogen", new InfluxRetentionPolicy("autogen", 0, 0, 1, IsDefault: true));
    }

    private async Task<SettingOutcome?> CompletePolicyAsync(SettingsDocument document, CancellationToken cancellation)
    {
        if (InfluxRetentionPolicy.FromDocument(document) is not { } wanted)
            return new SettingOutcome(document.Kind, document.Name, false, "The document cannot be read as a retention policy.");
        if (_present.TryGetValue(wanted.Name, out var present))
        {
            return present == wanted
                ? new SettingOutcome(document.Kind, document.Name, true, "")
                : new SettingOutcome(
                    document.Kind,
                    document.Name,
                    false,
                    $"It was there already and was left as it is; the backup says: {document.Native}.");
        }
        if (wanted.Duration > 0 && Restore.IsScratch)
            return null;
        try
        {
            if (wanted.Duration > 0)
                await _api.QueryAsync(wanted.Alter(_api.Database), cancellation).ConfigureAwait(false);
        }
        catch (TsBackupException e) when (!e.IsTransient)
        {
            return new SettingOutcome(document.Kind, document.Name, false, e.Message);
        }
        WarnAboutExpiry(wanted);
        return wanted.IsDefault && _present.Count > 0
            ? new SettingOutcome(document.Kind, document.Name, false, "The database was there already and keeps its own default policy.")
            : new SettingOutcome(document.Kind, document.Name, true, "");
    }

    private void WarnAboutExpiry(InfluxRetentionPolicy policy)
    {
        var now = (Int128)(_options.Clock.GetUtcNow().UtcTicks - DateTime.UnixEpoch.Ticks) * 100;
        if (policy.Duration > 0 && _earliest.TryGetValue(policy.Name, out var earliest) && earliest < now - policy.Duration)
        {
            _options.Warn?.Invoke(
                $"Retention policy '{policy.Name}' of {_api.Target} keeps rows for {GoDuration.Format(policy.Duration)}: "
                + "the server will drop restored rows that are older.");
        }
    }
}
