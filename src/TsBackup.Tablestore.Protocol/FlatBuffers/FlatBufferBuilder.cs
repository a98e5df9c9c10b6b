using System.Buffers.Binary;
using System.Text;

namespace TsBackup.Tablestore.Protocol.FlatBuffers;

/// <summary>
/// Builds a FlatBuffer from its end to its start, as the format demands (https://flatbuffers.dev/internals/): children before
/// parents, equal vtables shared, every scalar aligned to its size. Offsets count from the end of the buffer.
/// </summary>
internal sealed class FlatBufferBuilder
{
    private readonly List<int> _vtables = [];
    private byte[] _buffer = new byte[1024];
    private int _head = 1024;
    private int _alignment = 1;
    private int[] _slots = [];
    private int _tableEnd;

    /// <summary>Bytes written: the offset of what was written last.</summary>
    public int Offset => _buffer.Length - _head;

    /// <summary>Starts anew, keeping the buffer.</summary>
    public void Clear()
    {
        _vtables.Clear();
        _head = _buffer.Length;
        _alignment = 1;
    }

    /// <summary>Writes a string as UTF-8 with a closing zero.</summary>
    public int AddString(ReadOnlySpan<byte> utf8)
    {
        Prepare(4, utf8.Length + 1);
        Take(1)[0] = 0;
        utf8.CopyTo(Take(utf8.Length));
        return EndVector(utf8.Length);
    }

    /// <summary>Writes a string.</summary>
    public int AddString(string text) => AddString(Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a vector of bytes.</summary>
    public int AddBytes(ReadOnlySpan<byte> values)
    {
        StartVector(1, values.Length);
        values.CopyTo(Take(values.Length));
        return EndVector(values.Length);
    }

    /// <summary>Writes a vector of 64-bit values.</summary>
    public int AddInt64s(ReadOnlySpan<long> values)
    {
        StartVector(8, values.Length);
        for (var i = values.Length - 1; i >= 0; i--)
            BinaryPrimitives.WriteInt64LittleEndian(Take(8), values[i]);
        return EndVector(values.Length);
    }

    /// <summary>Writes a vector of offsets.</summary>
    public int AddOffsets(ReadOnlySpan<int> offsets)
    {
        StartVector(4, offsets.Length);
        for (var i = offsets.Length - 1; i >= 0; i--)
            PlaceOffset(offsets[i]);
        return EndVector(offsets.Length);
    }

    /// <summary>Starts a table of that many slots.</summary>
    public void StartTable(int slots)
    {
        _slots = new int[slots];
        _tableEnd = Offset;
    }

    /// <summary>Adds a reference to a slot; 0 = none.</summary>
    public void AddReference(int slot, int offset)
    {
        if (offset == 0)
            return;
        Prepare(4, 0);
        PlaceOffset(offset);
        _slots[slot] = Offset;
    }

    /// <summary>Adds a 64-bit value to a slot; 0 is the default and takes no room.</summary>
    public void AddInt64(int slot, long value)
    {
        if (value == 0)
            return;
        Prepare(8, 0);
        BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);
        _slots[slot] = Offset;
    }

    /// <summary>Ends the table and returns its offset.</summary>
    public int EndTable()
    {
        Prepare(4, 0);
        Take(4).Clear();
        var table = Offset;
        var count = _slots.Length;
        while (count > 0 && _slots[count - 1] == 0)
            count--;
        Span<byte> vtable = stackalloc byte[(count + 2) * 2];
        BinaryPrimitives.WriteUInt16LittleEndian(vtable, (ushort)vtable.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(vtable[2..], (ushort)(table - _tableEnd));
        for (var i = 0; i < count; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(vtable[((i + 2) * 2)..], (ushort)(_slots[i] == 0 ? 0 : table - _slots[i]));
        var at = FindOrWrite(vtable);
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_buffer.Length - table), at - table);
        return table;
    }

    /// <summary>Writes the reference to the root and returns the buffer; valid until the next change.</summary>
    public ReadOnlySpan<byte> Finish(int root)
    {
        Prepare(_alignment, 4);
        Prepare(4, 0);
        PlaceOffset(root);
        return _buffer.AsSpan(_head);
    }

    private int FindOrWrite(ReadOnlySpan<byte> vtable)
    {
        for (var i = _vtables.Count - 1; i >= 0; i--)
        {
            if (_buffer.AsSpan(_buffer.Length - _vtables[i]).StartsWith(vtable))
                return _vtables[i];
        }
        Prepare(2, 0);
        vtable.CopyTo(Take(vtable.Length));
        _vtables.Add(Offset);
        return Offset;
    }

    private void StartVector(int itemSize, int count)
    {
        Prepare(4, itemSize * count);
        Prepare(itemSize, itemSize * count);
    }

    private int EndVector(int count)
    {
        BinaryPrimitives.WriteInt32LittleEndian(Take(4), count);
        return Offset;
    }

    private void PlaceOffset(int offset)
    {
        var place = Take(4);
        BinaryPrimitives.WriteInt32LittleEndian(place, Offset - offset);
    }

    private void Prepare(int size, int additional)
    {
        _alignment = Math.Max(_alignment, size);
        var padding = (~(Offset + additional) + 1) & (size - 1);
        Take(padding).Clear();
    }

    private Span<byte> Take(int count)
    {
        if (count > _head)
        {
            var larger = new byte[Math.Max(checked(Offset + count), _buffer.Length * 2)];
            _buffer.AsSpan(_head).CopyTo(larger.AsSpan(larger.Length - Offset));
            _head += larger.Length - _buffer.Length;
            _buffer = larger;
        }
        _head -= count;
        return _buffer.AsSpan(_head, count);
    }
}
