using System.Buffers;
using System.Runtime.CompilerServices;

namespace TsBackup.Model;

/// <summary>
/// A column of fixed-size values: <c>long</c> for Timestamp and Int64, <c>ulong</c> for UInt64, <c>double</c> for Float64,
/// <c>float</c> for Float32 and <c>bool</c> for Boolean. Floats keep every bit.
/// </summary>
public sealed class FixedColumn<T> : Column
    where T : unmanaged
{
    private T[] _values = [];

    /// <summary>Makes an empty column.</summary>
    /// <param name="schema">Its schema; the type must be one that <typeparamref name="T"/> holds.</param>
    /// <param name="capacity">Slots to make room for.</param>
    public FixedColumn(ColumnSchema schema, int capacity = 0)
        : base(schema)
    {
        var fits = schema.Type switch
        {
            ColumnType.Timestamp or ColumnType.Int64 => typeof(T) == typeof(long),
            ColumnType.UInt64 => typeof(T) == typeof(ulong),
            ColumnType.Float64 => typeof(T) == typeof(double),
            ColumnType.Float32 => typeof(T) == typeof(float),
            ColumnType.Boolean => typeof(T) == typeof(bool),
            _ => false,
        };
        if (!fits)
            throw new ArgumentException($"A column of type {schema.Type} does not hold {typeof(T).Name}.", nameof(schema));
        if (capacity > 0)
            Grow(ref _values, 0, capacity);
    }

    /// <summary>The values, defaults in the place of nulls.</summary>
    public ReadOnlySpan<T> Values => _values.AsSpan(0, Count);

    /// <inheritdoc/>
    public override long ByteSize => (long)Count * Unsafe.SizeOf<T>();

    /// <summary>Appends a value.</summary>
    public void Append(T value)
    {
        if (Count == _values.Length)
            Grow(ref _values, Count, Math.Max(16, Count + 1));
        _values[Count] = value;
        Appended(1);
    }

    /// <summary>Appends values.</summary>
    public void Append(ReadOnlySpan<T> values) => values.CopyTo(Reserve(values.Length));

    /// <summary>Appends <paramref name="count"/> slots and returns them for the caller to fill at once.</summary>
    public Span<T> Reserve(int count)
    {
        var start = Count;
        Grow(ref _values, start, checked(start + count));
        Appended(count);
        return _values.AsSpan(start, count);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_values.Length > 0)
            ArrayPool<T>.Shared.Return(_values);
        _values = [];
        base.Dispose();
    }

    private protected override void AppendDefaults(int count)
    {
        Grow(ref _values, Count, checked(Count + count));
        _values.AsSpan(Count, count).Clear();
    }

    private protected override void SpreadValues(int count, ReadOnlySpan<ulong> validity)
    {
        Grow(ref _values, Count, count);
        var source = Count;
        for (var slot = count - 1; slot >= 0; slot--)
            _values[slot] = (validity[slot >> 6] >> (slot & 63) & 1) != 0 ? _values[--source] : default;
    }
}
