using System.Buffers;

namespace TsBackup.Model;

/// <summary>
/// A column of ordered lists of texts. A null list, an empty list and a list of one empty text are three different things.
/// </summary>
public sealed class ListColumn : Column
{
    private int[] _ends = [];

    /// <summary>Makes an empty column.</summary>
    public ListColumn(ColumnSchema schema)
        : base(schema)
    {
        if (schema.Type != ColumnType.StringList)
            throw new ArgumentException($"A column of type {schema.Type} does not hold lists.", nameof(schema));
        Items = new BytesColumn(schema with { Type = ColumnType.String });
    }

    /// <summary>The items of all lists end to end. An item may be null.</summary>
    public BytesColumn Items { get; }

    /// <summary>The list in slot i takes <c>Items[Ends[i-1]..Ends[i]]</c>; a null list is empty.</summary>
    public ReadOnlySpan<int> Ends => _ends.AsSpan(0, Count);

    /// <inheritdoc/>
    public override long ByteSize => Items.ByteSize + (4L * Count);

    /// <summary>Ends a list: all items appended to <see cref="Items"/> since the previous call belong to it.</summary>
    public void EndList()
    {
        Grow(ref _ends, Count, Count + 1);
        _ends[Count] = Items.Count;
        Appended(1);
    }

    /// <summary>Index of the first item of a slot.</summary>
    public int StartOf(int index) => index == 0 ? 0 : _ends[index - 1];

    /// <summary>Fills an empty column with lists that end at <paramref name="ends"/>; their items are appended by the caller.</summary>
    internal void Load(ReadOnlySpan<int> ends)
    {
        Grow(ref _ends, 0, ends.Length);
        ends.CopyTo(_ends);
        Appended(ends.Length);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Items.Dispose();
        if (_ends.Length > 0)
            ArrayPool<int>.Shared.Return(_ends);
        _ends = [];
        base.Dispose();
    }

    private protected override void AppendDefaults(int count)
    {
        var end = Count == 0 ? 0 : _ends[Count - 1];
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
