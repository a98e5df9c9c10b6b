using TsBackup.Connectors;
using TsBackup.Model;

namespace TsBackup.Tests.Contracts;

/// <summary>Rows that a contract test writes into a store and expects back.</summary>
/// <param name="Catalog">Their tables, with the settings documents that a target needs.</param>
/// <param name="Slices">Slices with a function that makes the sealed batches anew each time.</param>
public sealed record ContractData(Catalog Catalog, IReadOnlyList<(Slice Slice, Func<IEnumerable<Batch>> Rows)> Slices)
{
    /// <summary>The slices as a writer takes them.</summary>
    public async IAsyncEnumerable<SliceEvent> EventsAsync()
    {
        foreach (var (slice, rows) in Slices)
        {
            foreach (var batch in rows())
                yield return new SliceRows(slice, batch);
            await Task.Yield();
            yield return new SliceEnd(slice);
        }
    }

    /// <summary>The group of all slices.</summary>
    public SliceGroup Group => new("contract", [.. Slices.Select(s => s.Slice)]);

    /// <summary>The rows as <see cref="StoreRows"/> tells them.</summary>
    public SortedDictionary<string, string> ToRows(Func<Slice, bool>? which = null)
    {
        var rows = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (slice, batches) in Slices.Where(s => which?.Invoke(s.Slice) ?? true))
        {
            foreach (var batch in batches())
            {
                using (batch)
                    StoreRows.Add(slice.Table, batch, rows);
            }
        }
        return rows;
    }
}
