using TsBackup.Connectors;
using TsBackup.Model;

namespace TsBackup.Operations;

/// <summary>Computes digest and counts of a live store in one go, without a repository.</summary>
public static class StoreDigest
{
    /// <summary>Reads every slice of the scope and adds up the summaries.</summary>
    /// <exception cref="Errors.TsBackupException">A slice cannot be read.</exception>
    public static async Task<SliceSummary> RunAsync(IConnector store, Scope scope, CancellationToken cancellation)
    {
        var catalog = await store.DescribeAsync(cancellation).ConfigureAwait(false);
        var groups = await store.PlanAsync(catalog, scope, cancellation).ConfigureAwait(false);
        var total = new SliceSummary(0, 0, 0, 0, 0, SliceDigest.Empty);
        foreach (var group in groups)
        {
            var open = new Dictionary<Slice, SliceDigester>();
            await foreach (var read in store.ReadAsync(group, cancellation).ConfigureAwait(false))
            {
                if (read is SliceFailure failure)
                    throw failure.Error;
                if (!open.TryGetValue(read.Slice, out var digester))
                    open[read.Slice] = digester = new SliceDigester();
                if (read is SliceRows rows)
                {
                    using (rows.Batch)
                        digester.Append(rows.Batch);
                }
                else
                {
                    total = Add(total, digester.Finish());
                    digester.Dispose();
                }
            }
        }
        return total;
    }

    private static SliceSummary Add(SliceSummary a, SliceSummary b)
    {
        if (b.Rows == 0)
            return a;
        return new SliceSummary(
            a.Rows + b.Rows,
            a.Points + b.Points,
            a.Tuples + b.Tuples,
            a.Rows == 0 ? b.First : Math.Min(a.First, b.First),
            a.Rows == 0 ? b.Last : Math.Max(a.Last, b.Last),
            a.Digest + b.Digest);
    }
}
