using System.Buffers.Binary;

namespace TsBackup.Model;

/// <summary>Collects canonical little-endian bytes in a buffer that is reused.</summary>
internal sealed class CanonicalWriter
{
    private byte[] _buffer = new byte[1024];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
    }

    public void WriteByte(byte value) => Reserve(1)[0] = value;

    public void Write32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Reserve(4), value);

    public void Write64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Reserve(8), value);

    private Span<byte> Reserve(int count)
    {
        if (Length + count > _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Length + count));
        var span = _buffer.AsSpan(Length, count);
        Length += count;
        return span;
    }
}
