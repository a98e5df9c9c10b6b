using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>
/// Finds the windows that hold rows for a user who may not see the shard groups: windows as the server would cut them by the policies'
/// present shard durations, each found by looking for the first row behind the one before. A policy's former shard durations stay
/// unknown, so this is refused where a field has several types.
/// </summary>
internal sealed class InfluxWindowFinder(InfluxApi api)
{
    // The server aligns shard groups to the year 1, not to 1970.
    private static readonly Int128 EpochSinceYearOne = (Int128)62_135_596_800 * 1_000_000_000;

    /// <summary>The windows within the scope, in the guise of shard groups.</summary>
    /// <exception cref="TsBackupException">StoreAccessDenied where the windows would not tell a field's type.</exception>
    public async Task<List<InfluxShardGroup>> FindAsync(Catalog catalog, Scope scope, CancellationToken cancellation)
    {
        if (catalog.Tables.FirstOrDefault(table => scope.Covers(table.Id) && InfluxMixedTypes.HasConflicts(table)) is { } table)
        {
            throw new TsBackupException(
                ErrorId.StoreAccessDenied,
                $"Measurement {table.Id} of {api.Target} has a field of several types, "
                + "and this user may not see the shard groups that tell them apart.",
                api.Target,
                "Back up with a user that has all privileges.");
        }
        var windows = new List<InfluxShardGroup>();
        foreach (var policy in catalog.Settings.Select(InfluxRetentionPolicy.FromDocument).OfType<InfluxRetentionPolicy>())
        {
            var rest = scope.Range.Intersect(InfluxQl.ValidTimes);
            while (!rest.IsEmpty && await FirstAsync(policy, rest, cancellation).ConfigureAwait(false) is { } first)
            {
                var window = WindowOf(first, policy.ShardDuration);
                windows.Add(new InfluxShardGroup(0, policy.Name, window));
                if (window.Last >= rest.Last)
                    break;
                rest = rest with { First = window.Last + 1 };
            }
        }
        return windows;
    }

    /// <summary>The shard group a time falls into.</summary>
    /// <param name="time">Nanoseconds since 1970.</param>
    /// <param name="duration">Nanoseconds of a shard group.</param>
    internal static TimeRange WindowOf(long time, long duration)
    {
        if (duration <= 0)
            return InfluxQl.ValidTimes;
        var first = ((time + EpochSinceYearOne) / duration * duration) - EpochSinceYearOne;
        var last = first + duration - 1;
        return new TimeRange(
            (long)Int128.Max(first, InfluxQl.ValidTimes.First), (long)Int128.Min(last, InfluxQl.ValidTimes.Last));
    }

    private async Task<long?> FirstAsync(InfluxRetentionPolicy policy, TimeRange range, CancellationToken cancellation)
    {
        // One row comes per measurement.
        var source = $"{InfluxQl.Name(api.Database)}.{InfluxQl.Name(policy.Name)}./.*/";
        var rows = await api.QueryAsync($"SELECT *::field FROM {source} WHERE {InfluxQl.Times(range)} LIMIT 1", cancellation)
            .ConfigureAwait(false);
        return rows.Count == 0 ? null : rows.Min(row => row.Integer("time"));
    }
}
