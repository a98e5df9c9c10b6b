using System.Buffers;

namespace TsBackup.Codec;

/// <summary>A pooled array for the time of one call. Its content is arbitrary at first.</summary>
internal readonly ref struct Scratch<T> : IDisposable
    where T : unmanaged
{
    private readonly T[] _array;
    private readonly int _length;

    public Scratch(int length)
    {
        _array = length == 0 ? [] : ArrayPool<T>.Shared.Rent(length);
        _length = length;
    }

    public Span<T> Span => _array.AsSpan(0, _length);

    public void Dispose()
    {
        if (_array.Length > 0)
            ArrayPool<T>.Shared.Return(_array);
    }
}
