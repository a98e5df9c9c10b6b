using TsBackup.Connectors.InfluxDb.Tsm;
using TsBackup.Connectors.LineProtocol;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>Collects rows of one shard as encoded blocks per key, and writes them as one TSM file.</summary>
internal sealed class ShardFileBuilder
{
    private const long Limit = 96L << 20;
    private const int MaxBlocksPerKey = 60_000;
    private const int KeyCost = 250;
    private const int BlockCost = 80;
    private readonly Dictionary<byte[], List<TsmBlock>> _keys = new(BytesComparer.Instance);
    private readonly Dictionary<byte[], TsmType> _types = new(BytesComparer.Instance);
    private long _size;
    private bool _isLong;

    /// <summary>Rows taken.</summary>
    public long Rows { get; private set; }

    /// <summary>True when the file should be written before more is added.</summary>
    public bool IsFull => _size > Limit || _isLong;

    /// <summary>Key and last time of a value in the file.</summary>
    public (byte[] Key, long Time) Sample { get; private set; } = ([], 0);

    /// <summary>Adds rows of one series.</summary>
    /// <param name="series">The series' key.</param>
    /// <param name="batch">Their batch.</param>
    /// <param name="first">First row.</param>
    /// <param name="end">Row after the last one.</param>
    public void Add(ReadOnlySpan<byte> series, Batch batch, int first, int end)
    {
        Rows += end - first;
        foreach (var column in batch.Columns)
        {
            if (column.Schema.Role == ColumnRole.Value)
                Add(series, batch.Time!.Values, column, first, end);
        }
    }

    /// <summary>Writes the file; the stream stays open.</summary>
    public void WriteTo(Stream output)
    {
        var writer = new TsmFileWriter(output);
        foreach (var (key, blocks) in _keys.OrderBy(pair => pair.Key, Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b))))
        {
            writer.StartKey(key, _types[key]);
            blocks.Sort(static (a, b) => a.First.CompareTo(b.First));
            blocks.ForEach(writer.WriteBlock);
        }
        writer.Finish();
    }

    private void Add(ReadOnlySpan<byte> series, ReadOnlySpan<long> times, Column column, int first, int end)
    {
        List<TsmBlock>? blocks = null;
        var present = new int[Math.Min(end - first, TsmFileWriter.BlockSize)];
        var row = first;
        while (row < end)
        {
            var count = 0;
            for (; row < end && count < present.Length; row++)
            {
                if (column.IsValid(row))
                    present[count++] = row;
            }
            if (count == 0)
                break;
            blocks ??= BlocksOf(TsmFileWriter.Key(series, column.Schema.Name), TsmTypes.FromColumnType(column.Schema.Type)!.Value);
            var block = Encode(times, column, present.AsSpan(0, count));
            blocks.Add(block);
            _size += block.Bytes.Length + BlockCost;
            _isLong |= blocks.Count > MaxBlocksPerKey;
            Sample = (Sample.Key, block.Last);
        }
    }

    private List<TsmBlock> BlocksOf(byte[] key, TsmType type)
    {
        Sample = (key, 0);
        if (_keys.TryGetValue(key, out var blocks))
            return blocks;
        _types.Add(key, type);
        _size += key.Length + KeyCost;
        return _keys[key] = [];
    }

    private static TsmBlock Encode(ReadOnlySpan<long> times, Column column, ReadOnlySpan<int> rows)
    {
        var at = new long[rows.Length];
        var words = new ulong[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            at[i] = times[rows[i]];
        if (column is BytesColumn texts)
        {
            var values = new byte[rows.Length][];
            for (var i = 0; i < rows.Length; i++)
                values[i] = texts[rows[i]].ToArray();
            return TsmBlock.Encode(at, values);
        }
        for (var i = 0; i < rows.Length; i++)
        {
            words[i] = column switch
            {
                FixedColumn<double> c => BitConverter.DoubleToUInt64Bits(c.Values[rows[i]]),
                FixedColumn<long> c => (ulong)c.Values[rows[i]],
                FixedColumn<ulong> c => c.Values[rows[i]],
                FixedColumn<bool> c => c.Values[rows[i]] ? 1UL : 0UL,
                _ => throw new ArgumentException($"A value of type {column.Schema.Type} has no place in a TSM file.", nameof(column)),
            };
        }
        return TsmBlock.Encode(TsmTypes.FromColumnType(column.Schema.Type)!.Value, at, words);
    }
}
