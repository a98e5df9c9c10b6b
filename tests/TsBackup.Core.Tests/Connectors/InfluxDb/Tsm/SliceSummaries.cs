using TsBackup.Connectors;
using TsBackup.Model;

namespace TsBackup.Tests.Connectors.InfluxDb.Tsm;

/// <summary>Digests of whole stores, to compare two ways of reading one.</summary>
internal static class SliceSummaries
{
    /// <summary>Reads a store; slices without rows are left out. A slice that ends twice or is not known to its group is an error.</summary>
    public static async Task<SortedDictionary<string, SliceSummary>> OfAsync(IConnector connector, Scope? scope = null)
    {
        var catalog = await connector.DescribeAsync(default);
        var result = new SortedDictionary<string, SliceSummary>(StringComparer.Ordinal);
        foreach (var group in await connector.PlanAsync(catalog, scope ?? Scope.All, default))
        {
            foreach (var (slice, summary) in await OfAsync(connector, group))
                result.Add(slice.ToString(), summary);
        }
        return result;
    }

    /// <summary>Reads a group.</summary>
    public static async Task<Dictionary<Slice, SliceSummary>> OfAsync(IConnector connector, SliceGroup group)
    {
        var digesters = new Dictionary<Slice, SliceDigester>();
        var result = new Dictionary<Slice, SliceSummary>();
        var ended = new HashSet<Slice>();
        await foreach (var step in connector.ReadAsync(group, default))
        {
            if (step is SliceFailure failure)
                throw failure.Error;
            if (!digesters.TryGetValue(step.Slice, out var digester))
                digesters[step.Slice] = digester = new SliceDigester();
            if (step is SliceRows(_, var batch))
            {
                using (batch)
                    digester.Append(batch);
                continue;
            }
            if (!ended.Add(step.Slice))
                throw new InvalidOperationException($"{step.Slice} ended twice.");
            var summary = digester.Finish();
            if (summary.Rows > 0)
                result.Add(step.Slice, summary);
        }
        var open = group.Slices.Where(slice => !ended.Contains(slice)).ToArray();
        return open.Length == 0 ? result : throw new InvalidOperationException($"{open[0]} has no end.");
    }
}
