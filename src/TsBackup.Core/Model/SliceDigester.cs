using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace TsBackup.Model;

/// <summary>
/// Computes the digest and the counts of a slice from its batches, in order, without keeping rows. The definition is in FORMAT.md,
/// "Digest". Not thread-safe.
/// </summary>
public sealed class SliceDigester : IDisposable
{
    private readonly Dictionary<ColumnSchema, ColumnState> _states = [];
    private readonly List<ColumnState> _ordered = [];
    private readonly HashStream _times = new();
    private readonly CanonicalWriter _key = new();
    private readonly CanonicalWriter _openKey = new();
    private readonly CanonicalWriter _tuple = new();
    private readonly CanonicalWriter _values = new();

    // One context for all tuples: making one costs more than hashing a short series.
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private SliceDigest _digest;
    private bool _tupleIsOpen;
    private long _tupleRows;
    private long _rows;
    private long _points;
    private long _tuples;
    private long _first = long.MaxValue;
    private long _last = long.MinValue;
    private bool _timed;

    /// <summary>Adds a sealed batch of the slice.</summary>
    public void Append(Batch batch)
    {
        if (!batch.IsSealed)
            throw new ArgumentException("The batch is not sealed.", nameof(batch));
        if (batch.RowCount == 0)
            return;
        var keys = Ordered(batch, ColumnRole.Key);
        var names = Array.ConvertAll(keys, key => NameOf(key.Schema));
        var values = Ordered(batch, ColumnRole.Value);
        var states = new ColumnState[values.Length];
        for (var i = 0; i < values.Length; i++)
            states[i] = StateOf(values[i].Schema);
        CountTimes(batch);
        _rows += batch.RowCount;
        _points += batch.PointCount;

        for (var run = 0; run < batch.RunCount; run++)
        {
            _key.Clear();
            for (var i = 0; i < keys.Length; i++)
            {
                if (!keys[i].IsValid(run))
                    continue;
                _key.Write(names[i]);
                WriteValue(_key, keys[i], run);
            }
            if (batch.RowsAreTuples || !_tupleIsOpen || !_key.Written.SequenceEqual(_openKey.Written))
            {
                CloseTuple();
                _openKey.Clear();
                _openKey.Write(_key.Written);
                _tupleIsOpen = true;
            }
            var start = batch.RunStart(run);
            var end = batch.RunEnd(run);
            if (batch.Time is { } time)
                _times.Append(MemoryMarshal.AsBytes(time.Values[start..end]));
            for (var i = 0; i < values.Length; i++)
                AppendValues(states[i], values[i], start, end);
            _tupleRows += end - start;
        }
    }

    /// <summary>Ends the slice and returns its summary; the digester starts anew.</summary>
    public SliceSummary Finish()
    {
        CloseTuple();
        var summary = new SliceSummary(_rows, _points, _tuples, _timed ? _first : 0, _timed ? _last : 0, _digest);
        _digest = default;
        _rows = _points = _tuples = 0;
        _first = long.MaxValue;
        _last = long.MinValue;
        _timed = false;
        return summary;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _times.Dispose();
        _hash.Dispose();
        foreach (var state in _ordered)
            state.Dispose();
    }

    private static Column[] Ordered(Batch batch, ColumnRole role)
    {
        var columns = batch.Columns.Where(c => c.Schema.Role == role).ToArray();
        Array.Sort(columns, static (a, b) => ColumnSchema.CompareCanonical(a.Schema, b.Schema));
        return columns;
    }

    /// <summary>What stands for a column: length, name, type.</summary>
    private static byte[] NameOf(ColumnSchema schema)
    {
        var length = Encoding.UTF8.GetByteCount(schema.Name);
        var name = new byte[length + 5];
        BinaryPrimitives.WriteInt32LittleEndian(name, length);
        Encoding.UTF8.GetBytes(schema.Name, name.AsSpan(4));
        name[^1] = (byte)schema.Type;
        return name;
    }

    private static void WriteValue(CanonicalWriter writer, Column column, int index)
    {
        switch (column)
        {
            case FixedColumn<long> c:
                writer.Write64((ulong)c.Values[index]);
                break;
            case FixedColumn<ulong> c:
                writer.Write64(c.Values[index]);
                break;
            case FixedColumn<double> c:
                writer.Write64(BitConverter.DoubleToUInt64Bits(c.Values[index]));
                break;
            case FixedColumn<float> c:
                writer.Write32(BitConverter.SingleToUInt32Bits(c.Values[index]));
                break;
            case FixedColumn<bool> c:
                writer.WriteByte(c.Values[index] ? (byte)1 : (byte)0);
                break;
            case BytesColumn c:
                writer.Write32((uint)c[index].Length);
                writer.Write(c[index]);
                break;
            case ListColumn c:
                WriteList(writer, c, index);
                break;
        }
    }

    private static void WriteList(CanonicalWriter writer, ListColumn column, int index)
    {
        var start = column.StartOf(index);
        var end = column.Ends[index];
        writer.Write32((uint)(end - start));
        for (var i = start; i < end; i++)
        {
            if (!column.Items.IsValid(i))
            {
                writer.Write32(uint.MaxValue);
                continue;
            }
            writer.Write32((uint)column.Items[i].Length);
            writer.Write(column.Items[i]);
        }
    }

    private void CountTimes(Batch batch)
    {
        if (batch.Time is not { } time)
            return;
        _timed = true;
        foreach (var value in time.Values)
        {
            if (value < _first)
                _first = value;
            if (value > _last)
                _last = value;
        }
    }

    private ColumnState StateOf(ColumnSchema schema)
    {
        if (_states.TryGetValue(schema, out var state))
            return state;
        state = new ColumnState(schema);
        _states.Add(schema, state);
        var at = _ordered.FindIndex(other => ColumnSchema.CompareCanonical(other.Schema, schema) > 0);
        _ordered.Insert(at < 0 ? _ordered.Count : at, state);
        return state;
    }

    private void AppendValues(ColumnState state, Column column, int start, int end)
    {
        if (column.NullCount == 0)
        {
            AppendPresent(state, column, start, end, _tupleRows);
            return;
        }
        var validity = column.Validity;
        for (var i = start; i < end;)
        {
            // Jump from stretch to stretch of present rows.
            var word = validity[i >> 6] >> (i & 63);
            if (word == 0)
            {
                i = (i | 63) + 1;
                continue;
            }
            i += BitOperations.TrailingZeroCount(word);
            if (i >= end)
                break;
            var stop = i;
            while (stop < end)
            {
                var ones = BitOperations.TrailingZeroCount(~(validity[stop >> 6] >> (stop & 63)));
                var toWordEnd = 64 - (stop & 63);
                stop += Math.Min(ones, toWordEnd);
                if (ones < toWordEnd)
                    break;
            }
            stop = Math.Min(stop, end);
            AppendPresent(state, column, i, stop, _tupleRows + (i - start));
            i = stop;
        }
    }

    private void AppendPresent(ColumnState state, Column column, int start, int end, long row)
    {
        if (row > state.NextRow)
        {
            Span<byte> gap = stackalloc byte[16];
            BinaryPrimitives.WriteInt64LittleEndian(gap, state.NextRow);
            BinaryPrimitives.WriteInt64LittleEndian(gap[8..], row - state.NextRow);
            state.Gaps.Append(gap);
        }
        state.NextRow = row + (end - start);
        switch (column)
        {
            case FixedColumn<long> c:
                state.Values.Append(MemoryMarshal.AsBytes(c.Values[start..end]));
                break;
            case FixedColumn<ulong> c:
                state.Values.Append(MemoryMarshal.AsBytes(c.Values[start..end]));
                break;
            case FixedColumn<double> c:
                state.Values.Append(MemoryMarshal.AsBytes(c.Values[start..end]));
                break;
            case FixedColumn<float> c:
                state.Values.Append(MemoryMarshal.AsBytes(c.Values[start..end]));
                break;
            default:
                _values.Clear();
                for (var i = start; i < end; i++)
                    WriteValue(_values, column, i);
                state.Values.Append(_values.Written);
                break;
        }
    }

    private void CloseTuple()
    {
        if (!_tupleIsOpen)
            return;
        _tuple.Clear();
        _tuple.Write32((uint)_openKey.Length);
        _tuple.Write(_openKey.Written);
        _tuple.Write64((ulong)_tupleRows);
        _times.Finish(_tuple);
        foreach (var state in _ordered)
        {
            if (state.NextRow == 0)
                continue;
            _tuple.Write(state.Name);
            state.Values.Finish(_tuple);
            state.Gaps.Finish(_tuple);
            state.NextRow = 0;
        }
        Span<byte> hash = stackalloc byte[32];
        _hash.AppendData(_tuple.Written);
        _hash.GetHashAndReset(hash);
        _digest += SliceDigest.FromBytes(hash);
        _tuples++;
        _tupleRows = 0;
        _tupleIsOpen = false;
    }

    private sealed class ColumnState(ColumnSchema schema) : IDisposable
    {
        public ColumnSchema Schema { get; } = schema;

        public byte[] Name { get; } = NameOf(schema);

        public HashStream Values { get; } = new();

        public HashStream Gaps { get; } = new();

        /// <summary>Row of the tuple after the last present value.</summary>
        public long NextRow { get; set; }

        public void Dispose()
        {
            Values.Dispose();
            Gaps.Dispose();
        }
    }
}
