using System.Buffers.Binary;

namespace TsBackup.Tablestore.Protocol.FlatBuffers;

/// <summary>Reads tables of a FlatBuffer. Every offset is checked against the buffer.</summary>
internal readonly struct FlatBufferReader(ReadOnlyMemory<byte> buffer)
{
    private ReadOnlySpan<byte> Span => buffer.Span;

    /// <summary>Position of the root table.</summary>
    public int Root() => Follow(0);

    /// <summary>Position of a slot's value in a table; 0 when it has its default.</summary>
    public int Slot(int table, int slot)
    {
        var vtable = table - (long)Int32(table);
        var at = 4 + (slot * 2);
        if (at >= UInt16(vtable))
            return 0;
        var offset = UInt16(vtable + at);
        return offset == 0 ? 0 : table + offset;
    }

    /// <summary>What the reference at a position points to.</summary>
    public int Follow(int position)
    {
        var target = (long)position + (uint)Int32(position);
        return target < Span.Length ? (int)target : throw Beyond();
    }

    /// <summary>Number of items of the vector a slot refers to; 0 when there is none.</summary>
    /// <param name="table">The table.</param>
    /// <param name="slot">The slot.</param>
    /// <param name="itemSize">Bytes per item.</param>
    /// <param name="first">Position of the first item.</param>
    public int Vector(int table, int slot, int itemSize, out int first)
    {
        var position = Slot(table, slot);
        first = 0;
        if (position == 0)
            return 0;
        var vector = Follow(position);
        var count = (uint)Int32(vector);
        first = vector + 4;
        if (count > (uint)((Span.Length - first) / itemSize))
            throw Beyond();
        return (int)count;
    }

    /// <summary>UTF-8 bytes of the string a slot refers to; empty when there is none.</summary>
    public ReadOnlyMemory<byte> Bytes(int table, int slot)
    {
        var count = Vector(table, slot, 1, out var first);
        return buffer.Slice(first, count);
    }

    /// <summary>Bytes of the string or vector that the reference at a position points to.</summary>
    public ReadOnlyMemory<byte> BytesAt(int position)
    {
        var vector = Follow(position);
        var count = (uint)Int32(vector);
        if (count > (uint)(Span.Length - vector - 4))
            throw Beyond();
        return buffer.Slice(vector + 4, (int)count);
    }

    /// <summary>A 64-bit value.</summary>
    public long Int64(int position) => BinaryPrimitives.ReadInt64LittleEndian(At(position, 8));

    /// <summary>A byte.</summary>
    public byte Byte(int position) => At(position, 1)[0];

    private int Int32(int position) => BinaryPrimitives.ReadInt32LittleEndian(At(position, 4));

    private ushort UInt16(long position) => BinaryPrimitives.ReadUInt16LittleEndian(At(position, 2));

    private ReadOnlySpan<byte> At(long position, int count) =>
        position >= 0 && position <= Span.Length - count ? Span.Slice((int)position, count) : throw Beyond();

    private static TablestoreProtocolException Beyond() => TablestoreProtocolException.Malformed("A FlatBuffer points beyond its end.");
}
