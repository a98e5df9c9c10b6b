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

    /// <summary>Writes a length and that many bytes.</summary>
    public void WriteCounted(ReadOnlySpan<byte> bytes)
    {
        var place = Reserve(4 + bytes.Length);
        BinaryPrimitives.WriteInt32LittleEndian(place, bytes.Length);
        bytes.CopyTo(place[4..]);
    }

    public void WriteByte(byte value) => Reserve(1)[0] = value;

    public void Write32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Reserve(4), value);

    public void Write64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Reserve(8), value);

    /// <summary>Changes four bytes that were written before.</summary>
    public void Patch32(int position, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(position), value);

    private Span<byte> Reserve(int count)
    {
        var end = Length + count;
        if (end > _buffer.Length)
            Grow(end);
        var span = _buffer.AsSpan(Length, count);
        Length = end;
        return span;
    }

    private void Grow(int length) => Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, length));
}
