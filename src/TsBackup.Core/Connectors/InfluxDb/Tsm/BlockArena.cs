using System.Buffers;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// Memory for many small blocks, taken from the pool in large pieces. Blocks are valid until <see cref="Dispose"/>. Not thread-safe.
/// </summary>
internal sealed class BlockArena : IDisposable
{
    private const int Piece = 1 << 20;
    private readonly List<byte[]> _pieces = [];
    private int _used;

    /// <summary>Room for at least <paramref name="size"/> bytes; what is not taken afterwards is given out again.</summary>
    public Span<byte> Reserve(int size)
    {
        if (_pieces.Count == 0 || _pieces[^1].Length - _used < size)
        {
            _pieces.Add(ArrayPool<byte>.Shared.Rent(Math.Max(Piece, size)));
            _used = 0;
        }
        return _pieces[^1].AsSpan(_used);
    }

    /// <summary>Takes the first bytes of what was reserved last.</summary>
    public ReadOnlyMemory<byte> Take(int size)
    {
        var taken = _pieces[^1].AsMemory(_used, size);
        _used += size;
        return taken;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pieces.ForEach(piece => ArrayPool<byte>.Shared.Return(piece));
        _pieces.Clear();
    }
}
