using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>
/// Gathers a slice while its group is read: the reader adds parts in order, encoders fill in the ids. The digest is computed by the
/// reader, so that it follows the order of rows.
/// </summary>
internal sealed class SliceAccumulator(Slice slice) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<BlockPart> _parts = [];
    private readonly SliceDigester _digester = new();

    public Slice Slice { get; } = slice;

    public SliceSummary? Summary { get; private set; }

    public TsBackupException? Error { get; private set; }

    public BlockPart Add(Batch batch, int destinations)
    {
        _digester.Append(batch);
        var (first, last) = Bounds(batch);
        var part = new BlockPart(batch.RowCount, first, last, destinations);
        lock (_lock)
            _parts.Add(part);
        return part;
    }

    /// <summary>What the reader learned about the slice for the next backup; null when nothing.</summary>
    public string? Fingerprint { get; private set; }

    public void End(string? fingerprint = null)
    {
        Summary = _digester.Finish();
        Fingerprint = fingerprint;
    }

    public void Fail(TsBackupException error)
    {
        lock (_lock)
            Error ??= error;
    }

    /// <summary>The finished entry for one destination.</summary>
    public SliceEntry ToEntry(int destination)
    {
        if (Error is { } error)
            return FailedEntry(Slice, error);
        var summary = Summary ?? throw new InvalidOperationException("The slice has not ended.");
        return new SliceEntry(Slice, summary, _parts.ConvertAll(part => part.ToEntry(destination)));
    }

    public static SliceEntry FailedEntry(Slice slice, TsBackupException error) =>
        new(slice, new SliceSummary(0, 0, 0, 0, 0, SliceDigest.Empty), [], error.Id.ToString(), error.Message);

    public void Dispose() => _digester.Dispose();

    private static (long First, long Last) Bounds(Batch batch)
    {
        if (batch.Time is not { Count: > 0 } time)
            return (0, 0);
        var first = long.MaxValue;
        var last = long.MinValue;
        foreach (var value in time.Values)
        {
            first = Math.Min(first, value);
            last = Math.Max(last, value);
        }
        return (first, last);
    }
}

/// <summary>A block on its way: counted when it is read, named when it is stored.</summary>
internal sealed class BlockPart(int rows, long first, long last, int destinations)
{
    private readonly BlockId[] _ids = new BlockId[destinations];

    public int Rows => rows;

    public int Bytes { get; set; }

    public void Stored(int destination, BlockId id) => _ids[destination] = id;

    public BlockEntry ToEntry(int destination) => new(_ids[destination], rows, first, last, Bytes);
}
