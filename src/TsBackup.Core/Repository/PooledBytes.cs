using System.Buffers;

namespace TsBackup.Repository;

/// <summary>Bytes in a rented buffer; whoever holds it disposes it and uses nothing of it afterwards. Not thread-safe.</summary>
public sealed class PooledBytes : IMemoryOwner<byte>
{
    private byte[]? _buffer;
    private readonly int _length;

    internal PooledBytes(int length)
    {
        _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1, length));
        _length = length;
    }

    /// <summary>The bytes.</summary>
    public Memory<byte> Memory => Buffer.AsMemory(0, _length);

    /// <summary>The bytes.</summary>
    public Span<byte> Span => Buffer.AsSpan(0, _length);

    /// <summary>How many they are.</summary>
    public int Length => _length;

    private byte[] Buffer => _buffer ?? throw new ObjectDisposedException(nameof(PooledBytes));

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
            ArrayPool<byte>.Shared.Return(buffer);
    }
}
