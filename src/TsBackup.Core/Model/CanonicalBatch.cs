using System.Buffers.Binary;
using System.Text;

namespace TsBackup.Model;

/// <summary>The columns of a batch in canonical order, and its rows as the bytes that are hashed (FORMAT.md, "Digest").</summary>
internal readonly struct CanonicalBatch
{
    /// <summary>Rows up to which times and numbers of a run stand in the tuple themselves.</summary>
    private const int MostRows = HashStream.InlineLimit / 8;

    private readonly Batch _batch;
    private readonly Column[] _keys;
    private readonly byte[][] _keyNames;
    private readonly byte[][] _valueNames;

    /// <summary>Looks at a batch.</summary>
    public CanonicalBatch(Batch batch)
    {
        _batch = batch;
        _keys = Ordered(batch, ColumnRole.Key);
        Values = Ordered(batch, ColumnRole.Value);
        _keyNames = Array.ConvertAll(_keys, static key => NameOf(key.Schema));
        _valueNames = Array.ConvertAll(Values, static value => NameOf(value.Schema));
    }

    /// <summary>The value columns.</summary>
    public Column[] Values { get; }

    /// <summary>True when every row is a tuple of its own.</summary>
    public bool RowsAreTuples => _batch.RowsAreTuples;

    /// <summary>Writes the key of a run.</summary>
    public void WriteKey(int run, CanonicalWriter writer)
    {
        for (var i = 0; i < _keys.Length; i++)
        {
            if (!_keys[i].IsValid(run))
                continue;
            writer.Write(_keyNames[i]);
            WriteValue(writer, _keys[i], run);
        }
    }

    /// <summary>
    /// Writes a tuple at once when it is certain that it is no longer than this run, and short; most tuples of row stores are. The
    /// caller has seen that the run does not go on with an earlier one.
    /// </summary>
    /// <returns>False when it must be gathered stream by stream.</returns>
    public bool TryWriteWhole(int run, CanonicalWriter tuple)
    {
        var start = _batch.RunStart(run);
        var end = _batch.RunEnd(run);
        if (end - start > MostRows || (!RowsAreTuples && (run + 1 == _batch.RunCount || IsSameKey(run, run + 1))))
            return false;
        tuple.Clear();
        tuple.Write32(0);
        WriteKey(run, tuple);
        tuple.Patch32(0, (uint)tuple.Length - 4);
        tuple.Write64((ulong)(end - start));
        tuple.Write64(_batch.Time is null ? 0 : 8UL * (ulong)(end - start));
        for (var row = start; row < end && _batch.Time is { } time; row++)
            tuple.Write64((ulong)time.Values[row]);
        for (var i = 0; i < Values.Length; i++)
        {
            if (!TryWriteColumn(i, start, end, tuple))
                return false;
        }
        return true;
    }

    /// <summary>What stands for a column: length, name, type.</summary>
    public static byte[] NameOf(ColumnSchema schema)
    {
        var length = Encoding.UTF8.GetByteCount(schema.Name);
        var name = new byte[length + 5];
        BinaryPrimitives.WriteInt32LittleEndian(name, length);
        Encoding.UTF8.GetBytes(schema.Name, name.AsSpan(4));
        name[^1] = (byte)schema.Type;
        return name;
    }

    /// <summary>Writes a value.</summary>
    public static void WriteValue(CanonicalWriter writer, Column column, int index)
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
                writer.WriteCounted(c[index]);
                break;
            case ListColumn c:
                WriteList(writer, c, index);
                break;
        }
    }

    private bool TryWriteColumn(int index, int start, int end, CanonicalWriter tuple)
    {
        var column = Values[index];
        var head = -1;
        for (var row = start; row < end; row++)
        {
            if (!column.IsValid(row))
                continue;
            if (head < 0)
            {
                tuple.Write(_valueNames[index]);
                head = tuple.Length;
                tuple.Write64(0);
            }
            WriteValue(tuple, column, row);
        }
        if (head < 0)
            return true;
        var length = tuple.Length - head - 8;
        tuple.Patch32(head, (uint)length);
        WriteGaps(column, start, end, tuple);
        return length <= HashStream.InlineLimit;
    }

    private static void WriteGaps(Column column, int start, int end, CanonicalWriter tuple)
    {
        var head = tuple.Length;
        tuple.Write64(0);
        var next = start;
        for (var row = start; row < end && column.NullCount > 0; row++)
        {
            if (!column.IsValid(row))
                continue;
            if (row > next)
            {
                tuple.Write64((ulong)(next - start));
                tuple.Write64((ulong)(row - next));
            }
            next = row + 1;
        }
        tuple.Patch32(head, (uint)(tuple.Length - head - 8));
    }

    private bool IsSameKey(int run, int other)
    {
        foreach (var key in _keys)
        {
            var isValid = key.IsValid(run);
            if (isValid != key.IsValid(other))
                return false;
            var isSame = !isValid || key switch
            {
                FixedColumn<long> c => c.Values[run] == c.Values[other],
                BytesColumn c => c[run].SequenceEqual(c[other]),
                // Other types are rare in keys: the caller compares their bytes.
                _ => true,
            };
            if (!isSame)
                return false;
        }
        return true;
    }

    private static Column[] Ordered(Batch batch, ColumnRole role)
    {
        var columns = batch.Columns.Where(c => c.Schema.Role == role).ToArray();
        Array.Sort(columns, static (a, b) => ColumnSchema.CompareCanonical(a.Schema, b.Schema));
        return columns;
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
}
