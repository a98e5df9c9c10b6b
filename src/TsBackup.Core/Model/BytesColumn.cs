using System.Buffers;
using System.Text;

namespace TsBackup.Model;

/// <summary>A column of byte strings (String as UTF-8, Binary), held end to end.</summary>
public sealed class BytesColumn : Column
{
    private int[] _ends = [];
    private byte[] _data = [];

    /// <summary>Makes an empty column.</summary>
    public BytesColumn(ColumnSchema schema)
        : base(schema)
    {
        if (schema.Type is not (ColumnType.String or ColumnType.Binary))
            throw new ArgumentException($"A column of type {schema.Type} does not hold byte strings.", nameof(schema));
    }

    /// <summary>Slot i takes <c>Data[Ends[i-1]..Ends[i]]</c>; a null is empty.</summary>
    public ReadOnlySpan<int> Ends => _ends.AsSpan(0, Count);

    /// <summary>All values end to end.</summary>
    public ReadOnlySpan<byte> Data => _data.AsSpan(0, DataLength);

    /// <inheritdoc/>
    public override long ByteSize => DataLength + (4L * Count);

    private int DataLength => Count == 0 ? 0 : _ends[Count - 1];

    /// <summary>The bytes of a slot; empty for a null.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            var ends = Ends;
            var end = ends[index];
            var start = index == 0 ? 0 : ends[index - 1];
            return _data.AsSpan(start, end - start);
        }
    }

    /// <summary>Appends a value.</summary>
    public void Append(ReadOnlySpan<byte> value) => value.CopyTo(Reserve(value.Length));

    /// <summary>Appends a text as UTF-8.</summary>
    public void Append(string value) => Encoding.UTF8.GetBytes(value, Reserve(Encoding.UTF8.GetByteCount(value)));

    /// <summary>Appends a value of <paramref name="length"/> bytes and returns its place for the caller to fill at once.</summary>
    public Span<byte> Reserve(int length)
    {
        var start = DataLength;
        var end = checked(start + length);
        Grow(ref _data, start, end);
        Grow(ref _ends, Count, Count + 1);
        _ends[Count] = end;
        Appended(1);
        return _data.AsSpan(start, length);
    }

    /// <summary>
    /// Fills an empty column with texts that end at <paramref name="ends"/> and returns the place of their bytes for the caller to fill at
    /// once.
    /// </summary>
    internal Span<byte> Load(ReadOnlySpan<int> ends)
    {
        var length = ends.IsEmpty ? 0 : ends[^1];
        Grow(ref _data, 0, length);
        Grow(ref _ends, 0, ends.Length);
        ends.CopyTo(_ends);
        Appended(ends.Length);
        return _data.AsSpan(0, length);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_data.Length > 0)
            ArrayPool<byte>.Shared.Return(_data);
        if (_ends.Length > 0)
            ArrayPool<int>.Shared.Return(_ends);
        _data = [];
        _ends = [];
        base.Dispose();
    }

    private protected override void AppendDefaults(int count)
    {
        var end = DataLength;
        Grow(ref _ends, Count, checked(Count + count));
        _ends.AsSpan(Count, count).Fill(end);
    }

    private protected override void SpreadValues(int count, ReadOnlySpan<ulong> validity)
    {
        Grow(ref _ends, Count, count);
        var source = Count;
        for (var slot = count - 1; slot >= 0; slot--)
        {
            _ends[slot] = source == 0 ? 0 : _ends[source - 1];
            source -= (int)(validity[slot >> 6] >> (slot & 63) & 1);
        }
    }
}
