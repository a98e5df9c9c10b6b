using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>
/// Brings shard groups together whose windows overlap. A policy has such after its shard duration was raised: the server puts a long
/// group around the short ones that are there. A time must lie in one slice only, or its rows would be backed up twice and one of the
/// slices would not notice when they change. Where two shards have a value of one series and time, the one of the higher number has
/// the later: the group that was added last is the one that took writes.
/// </summary>
internal static class ShardOverlaps
{
    /// <summary>Groups of one policy, each with the window that takes them all in.</summary>
    /// <param name="groups">The groups, those of a policy in order of their windows' first times.</param>
    /// <param name="policyOf">The policy of a group.</param>
    /// <param name="windowOf">The window of a group.</param>
    public static List<(string Policy, TimeRange Window, List<T> Groups)> Join<T>(
        IEnumerable<T> groups, Func<T, string> policyOf, Func<T, TimeRange> windowOf)
    {
        var joined = new List<(string Policy, TimeRange Window, List<T> Groups)>();
        foreach (var group in groups)
        {
            var (policy, window) = (policyOf(group), windowOf(group));
            if (joined.Count > 0 && joined[^1] is var last && last.Policy == policy && last.Window.Overlaps(window))
            {
                last.Groups.Add(group);
                joined[^1] = last with { Window = new TimeRange(last.Window.First, Math.Max(last.Window.Last, window.Last)) };
            }
            else
            {
                joined.Add((policy, window, [group]));
            }
        }
        return joined;
    }
}
