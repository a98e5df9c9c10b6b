using System.Runtime.InteropServices;
using TsBackup.Connectors.InfluxDb.Tsm;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>Blocks of a key in a shard.</summary>
internal sealed record EncodedKey(WindowShard Window, byte[] Key, TsmType Type, List<TsmBlock> Blocks);

/// <summary>Encodes the rows of a batch as blocks. Blocks lie in the arena.</summary>
internal sealed class PlacedBatchEncoder(PlacedBatch placed, BlockArena arena)
{
    private readonly TsmBlockEncoder _encoder = new(arena);
    private readonly int[] _slots = new int[TsmFileWriter.BlockSize];
    private readonly long[] _times = new long[TsmFileWriter.BlockSize];
    private readonly ulong[] _words = new ulong[TsmFileWriter.BlockSize];
    private readonly bool[] _flags = new bool[TsmFileWriter.BlockSize];
    private readonly List<EncodedKey> _keys = [];
    private readonly Field[] _fields = [.. placed.Batch.Columns.Where(column => column.Schema.Role == ColumnRole.Value).Select(Field.Of)];

    /// <summary>Encodes all rows.</summary>
    public List<EncodedKey> Run(CancellationToken cancellation)
    {
        var batch = placed.Batch;
        var times = batch.Time!.Values;
        var windows = placed.Policy.Windows;
        WindowShard? window = null;
        for (var run = 0; run < batch.RunCount; run++)
        {
            cancellation.ThrowIfCancellationRequested();
            var series = placed.Keys.SeriesOf(run);
            for (int first = batch.RunStart(run), end; first < batch.RunEnd(run); first = end)
            {
                end = windows.EndOf(times, first, batch.RunEnd(run));
                var index = windows.IndexOf(times[first]);
                if (window?.Index != index)
                    window = placed.Policy.Window(index);
                Encode(window, series, times, first, end);
            }
        }
        _keys.RemoveAll(static key => key.Blocks.Count == 0);
        return _keys;
    }

    private void Encode(WindowShard window, ReadOnlySpan<byte> series, ReadOnlySpan<long> times, int first, int end)
    {
        var start = _keys.Count;
        foreach (var field in _fields)
            _keys.Add(new EncodedKey(window, [.. series, .. field.Suffix], field.Type, []));

        // Fields without gaps share the times of each stretch.
        for (var at = first; at < end; at += TsmFileWriter.BlockSize)
        {
            var stop = Math.Min(end, at + TsmFileWriter.BlockSize);
            var isSet = false;
            for (var i = 0; i < _fields.Length; i++)
            {
                if (_fields[i].Column.NullCount > 0)
                    continue;
                if (!isSet)
                    _encoder.SetTimes(times[at..stop]);
                isSet = true;
                _keys[start + i].Blocks.Add(EncodeDense(_fields[i], at, stop));
            }
        }
        for (var i = 0; i < _fields.Length; i++)
        {
            if (_fields[i].Column.NullCount > 0)
                EncodeSparse(_fields[i], times, first, end, _keys[start + i].Blocks);
        }
    }

    private TsmBlock EncodeDense(Field field, int first, int end) => field.Column switch
    {
        FixedColumn<double> c => _encoder.Encode(field.Type, MemoryMarshal.Cast<double, ulong>(c.Values[first..end])),
        FixedColumn<long> c => _encoder.Encode(field.Type, MemoryMarshal.Cast<long, ulong>(c.Values[first..end])),
        FixedColumn<ulong> c => _encoder.Encode(field.Type, c.Values[first..end]),
        FixedColumn<bool> c => _encoder.Encode(c.Values[first..end]),
        _ => _encoder.Encode((BytesColumn)field.Column, Slots(first, end)),
    };

    private ReadOnlySpan<int> Slots(int first, int end)
    {
        for (var i = first; i < end; i++)
            _slots[i - first] = i;
        return _slots.AsSpan(0, end - first);
    }

    private void EncodeSparse(Field field, ReadOnlySpan<long> times, int first, int end, List<TsmBlock> blocks)
    {
        for (var row = first; row < end;)
        {
            var count = 0;
            for (; row < end && count < _slots.Length; row++)
            {
                if (!field.Column.IsValid(row))
                    continue;
                _times[count] = times[row];
                _slots[count++] = row;
            }
            if (count == 0)
                return;
            _encoder.SetTimes(_times.AsSpan(0, count));
            blocks.Add(EncodeSlots(field, _slots.AsSpan(0, count)));
        }
    }

    private TsmBlock EncodeSlots(Field field, ReadOnlySpan<int> slots)
    {
        switch (field.Column)
        {
            case FixedColumn<double> c:
                return _encoder.Encode(field.Type, Gather(MemoryMarshal.Cast<double, ulong>(c.Values), slots));
            case FixedColumn<long> c:
                return _encoder.Encode(field.Type, Gather(MemoryMarshal.Cast<long, ulong>(c.Values), slots));
            case FixedColumn<ulong> c:
                return _encoder.Encode(field.Type, Gather(c.Values, slots));
            case FixedColumn<bool> c:
                for (var i = 0; i < slots.Length; i++)
                    _flags[i] = c.Values[slots[i]];
                return _encoder.Encode(_flags.AsSpan(0, slots.Length));
            default:
                return _encoder.Encode((BytesColumn)field.Column, slots);
        }
    }

    private ReadOnlySpan<ulong> Gather(ReadOnlySpan<ulong> values, ReadOnlySpan<int> slots)
    {
        for (var i = 0; i < slots.Length; i++)
            _words[i] = values[slots[i]];
        return _words.AsSpan(0, slots.Length);
    }

    private sealed record Field(Column Column, TsmType Type, byte[] Suffix)
    {
        public static Field Of(Column column) =>
            new(column, TsmTypes.FromColumnType(column.Schema.Type)!.Value, TsmFileWriter.Key(ReadOnlySpan<byte>.Empty, column.Schema.Name));
    }
}
