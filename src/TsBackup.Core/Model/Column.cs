using System.Buffers;

namespace TsBackup.Model;

/// <summary>
/// The values of one column of a <see cref="Batch"/>, append-only until the batch is sealed. Arrays come from pools: a column owns
/// them, spans handed out are valid until <see cref="Dispose"/>. A null occupies a slot that holds the type's default, so that equal
/// columns have equal bytes.
/// </summary>
public abstract class Column : IDisposable
{
    private ulong[]? _validity;

    private protected Column(ColumnSchema schema) => Schema = schema;

    /// <summary>Name, role and type.</summary>
    public ColumnSchema Schema { get; }

    /// <summary>Number of slots, nulls included.</summary>
    public int Count { get; private protected set; }

    /// <summary>Number of nulls.</summary>
    public int NullCount { get; private set; }

    /// <summary>One bit per slot, least significant first, set = present; empty when nothing is null. Bits past Count are zero.</summary>
    public ReadOnlySpan<ulong> Validity => NullCount == 0 ? default : _validity.AsSpan(0, (Count + 63) >> 6);

    /// <summary>Bytes the values take in memory, about.</summary>
    public abstract long ByteSize { get; }

    /// <summary>True when slot <paramref name="index"/> holds a value.</summary>
    public bool IsValid(int index) => NullCount == 0 || (_validity![index >> 6] >> (index & 63) & 1) != 0;

    /// <summary>Appends a null.</summary>
    public void AppendNull() => AppendNulls(1);

    /// <summary>Appends <paramref name="count"/> nulls.</summary>
    public void AppendNulls(int count)
    {
        if (count <= 0)
            return;
        if (NullCount == 0)
            StartValidity();
        AppendDefaults(count);
        EnsureValidity(Count + count);
        Count += count;
        NullCount += count;
    }

    /// <summary>Appends nulls until the column has <paramref name="count"/> slots.</summary>
    public void PadTo(int count) => AppendNulls(count - Count);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        if (_validity is { } validity)
            ArrayPool<ulong>.Shared.Return(validity);
        _validity = null;
        Count = 0;
        NullCount = 0;
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Moves values to their slots, for a decoder that has appended the present ones only: <paramref name="validity"/> has one bit
    /// for each of <paramref name="count"/> slots, and as many are set as values were appended.
    /// </summary>
    internal void Spread(int count, ReadOnlySpan<ulong> validity)
    {
        if (Count == count)
            return;
        var nulls = count - Count;
        SpreadValues(count, validity);
        Count = count;
        EnsureValidity(count);
        validity[..((count + 63) >> 6)].CopyTo(_validity);
        NullCount = nulls;
    }

    /// <summary>Moves values to their slots and puts defaults between them, without touching Count.</summary>
    private protected abstract void SpreadValues(int count, ReadOnlySpan<ulong> validity);

    /// <summary>Appends defaults to the values, without touching Count.</summary>
    private protected abstract void AppendDefaults(int count);

    /// <summary>Counts values just appended as present.</summary>
    private protected void Appended(int count)
    {
        var start = Count;
        Count += count;
        if (NullCount > 0)
            MarkPresent(start);
    }

    private void MarkPresent(int start)
    {
        EnsureValidity(Count);
        var validity = _validity!;
        for (var i = start; i < Count;)
        {
            var bit = i & 63;
            var run = Math.Min(64 - bit, Count - i);
            validity[i >> 6] |= (run == 64 ? ulong.MaxValue : (1UL << run) - 1) << bit;
            i += run;
        }
    }

    private protected static void Grow<T>(ref T[] array, int used, int needed)
    {
        if (needed <= array.Length)
            return;
        var larger = ArrayPool<T>.Shared.Rent(Math.Max(needed, Math.Min(array.Length * 2, Array.MaxLength)));
        array.AsSpan(0, used).CopyTo(larger);
        if (array.Length > 0)
            ArrayPool<T>.Shared.Return(array);
        array = larger;
    }

    private void StartValidity()
    {
        EnsureValidity(Count);
        var full = Count >> 6;
        _validity.AsSpan(0, full).Fill(ulong.MaxValue);
        var rest = Count & 63;
        _validity.AsSpan(full).Clear();
        if (rest != 0)
            _validity![full] = (1UL << rest) - 1;
    }

    private void EnsureValidity(int count)
    {
        var words = Math.Max(1, (count + 63) >> 6);
        if (_validity is { } old && old.Length >= words)
            return;
        var larger = ArrayPool<ulong>.Shared.Rent(Math.Max(words, (_validity?.Length ?? 0) * 2));
        larger.AsSpan().Clear();
        if (_validity is { } previous)
        {
            previous.AsSpan().CopyTo(larger);
            ArrayPool<ulong>.Shared.Return(previous);
        }
        _validity = larger;
    }
}
