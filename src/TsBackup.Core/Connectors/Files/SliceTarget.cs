using TsBackup.Model;

namespace TsBackup.Connectors.Files;

/// <summary>Where the rows of a slice go while a group is read: straight into batches, or through a sorter.</summary>
internal sealed class SliceTarget(Slice slice, bool isOrdered, ColumnNumbers numbers) : IDisposable
{
    public Slice Slice => slice;

    public BatchBuilder Builder { get; } = new(numbers);

    /// <summary>The sorter; null when the rows come in order.</summary>
    public SliceSorter? Sorter { get; } = isOrdered ? null : new SliceSorter(numbers);

    /// <summary>The parser's series change that the builder is at.</summary>
    public long SeriesChange { get; set; } = -1;

    public void Dispose()
    {
        Builder.Dispose();
        Sorter?.Dispose();
    }
}
