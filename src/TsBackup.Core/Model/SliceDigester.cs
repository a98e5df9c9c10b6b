using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

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
    private readonly TupleHashes _hashes = new();
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
        var view = new CanonicalBatch(batch);
        var states = new ColumnState[view.Values.Length];
        for (var i = 0; i < states.Length; i++)
            states[i] = StateOf(view.Values[i].Schema);
        CountTimes(batch);
        _rows += batch.RowCount;
        _points += batch.PointCount;

        for (var run = 0; run < batch.RunCount; run++)
        {
            if (!_tupleIsOpen || !GoesOn(view, run))
            {
                CloseTuple();
                if (view.TryWriteWhole(run, _tuple))
                {
                    _hashes.Add(_tuple.Written);
                    _tuples++;
                    continue;
                }
                _openKey.Clear();
                view.WriteKey(run, _openKey);
                _tupleIsOpen = true;
            }
            AppendRun(batch, run, view.Values, states);
        }
    }

    /// <summary>Ends the slice and returns its summary; the digester starts anew.</summary>
    public SliceSummary Finish()
    {
        CloseTuple();
        var summary = new SliceSummary(_rows, _points, _tuples, _timed ? _first : 0, _timed ? _last : 0, _hashes.Finish());
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
        _hashes.Dispose();
        foreach (var state in _ordered)
            state.Dispose();
    }

    /// <summary>True when a run has the key of the open tuple.</summary>
    private bool GoesOn(CanonicalBatch view, int run)
    {
        if (view.RowsAreTuples)
            return false;
        _key.Clear();
        view.WriteKey(run, _key);
        return _key.Written.SequenceEqual(_openKey.Written);
    }

    private void AppendRun(Batch batch, int run, Column[] values, ColumnState[] states)
    {
        var start = batch.RunStart(run);
        var end = batch.RunEnd(run);
        if (batch.Time is { } time)
            _times.Append(MemoryMarshal.AsBytes(time.Values[start..end]));
        for (var i = 0; i < values.Length; i++)
            AppendValues(states[i], values[i], start, end);
        _tupleRows += end - start;
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
                    CanonicalBatch.WriteValue(_values, column, i);
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
        _hashes.Add(_tuple.Written);
        _tuples++;
        _tupleRows = 0;
        _tupleIsOpen = false;
    }

    private sealed class ColumnState(ColumnSchema schema) : IDisposable
    {
        public ColumnSchema Schema { get; } = schema;

        public byte[] Name { get; } = CanonicalBatch.NameOf(schema);

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
