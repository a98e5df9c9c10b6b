using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>A shard group: what is stored of one retention policy in one window of time.</summary>
/// <param name="Id">The server's number.</param>
/// <param name="Policy">Name of the retention policy.</param>
/// <param name="Window">Its times.</param>
internal sealed record InfluxShardGroup(long Id, string Policy, TimeRange Window)
{
    /// <summary>Reads the shard groups of the database, by policy and time.</summary>
    /// <exception cref="Errors.TsBackupException">StoreAccessDenied when the user is no admin.</exception>
    public static async Task<List<InfluxShardGroup>> ReadAllAsync(InfluxApi api, CancellationToken cancellation)
    {
        var rows = await api.QueryAsync("SHOW SHARD GROUPS", cancellation).ConfigureAwait(false);
        var groups = rows.Where(row => row.Text("database") == api.Database).Select(row => new InfluxShardGroup(
            row.Integer("id"),
            row.Text("retention_policy"),
            new TimeRange(Time(row.Text("start_time")), Time(row.Text("end_time")) - 1).Intersect(InfluxQl.ValidTimes))).ToList();
        groups.Sort(static (a, b) =>
        {
            var byPolicy = string.CompareOrdinal(a.Policy, b.Policy);
            return byPolicy != 0 ? byPolicy : a.Window.First.CompareTo(b.Window.First);
        });
        return groups;
    }

    // The first group begins before the first time an int64 can say, and the last one's end is printed without its fraction.
    private static long Time(string text)
    {
        if (!TimeText.TryParse(text, out var time))
            return text.StartsWith("16", StringComparison.Ordinal) ? long.MinValue + 2 : long.MaxValue;
        return time > long.MaxValue - 1_000_000_000 ? long.MaxValue : time;
    }
}
