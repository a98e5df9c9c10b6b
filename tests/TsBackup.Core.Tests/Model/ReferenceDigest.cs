using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using TsBackup.Model;

namespace TsBackup.Tests.Model;

/// <summary>
/// FORMAT.md section 10 word by word, slowly: all rows in memory, numbers as BigInteger, nothing shared with the product.
/// </summary>
internal static class ReferenceDigest
{
    public static string Of(params Batch[] batches)
    {
        var tuples = new List<Tuple>();
        foreach (var batch in batches)
        {
            for (var run = 0; run < batch.RunCount; run++)
            {
                var key = Key(batch, run);
                // Rows of one key come one after another, so only the last tuple can go on.
                if (batch.RowsAreTuples || tuples.Count == 0 || !tuples[^1].Key.SequenceEqual(key))
                    tuples.Add(new Tuple(key, [], []));
                var tuple = tuples[^1];
                for (var row = batch.RunStart(run); row < batch.RunEnd(run); row++)
                {
                    tuple.Rows.Add(Row(batch, row));
                    if (batch.Time is { } time)
                        tuple.Times.AddRange(Fixed(8, time.Values[row]));
                }
            }
        }
        var sum = BigInteger.Zero;
        foreach (var tuple in tuples)
            sum += new BigInteger(SHA256.HashData(Canonical(tuple)), isUnsigned: true);
        var bytes = (sum % (BigInteger.One << 256)).ToByteArray(isUnsigned: true);
        return Convert.ToHexStringLower([.. bytes, .. new byte[32 - bytes.Length]]);
    }

    private static byte[] Canonical(Tuple tuple)
    {
        List<byte> bytes = [.. Fixed(4, tuple.Key.Length), .. tuple.Key, .. Fixed(8, tuple.Rows.Count), .. Component(tuple.Times)];
        foreach (var schema in tuple.Rows.SelectMany(row => row.Keys).Distinct().Order(Comparer<ColumnSchema>.Create(Compare)))
        {
            List<byte> values = [];
            List<byte> gaps = [];
            var gap = 0;
            for (var row = 0; row < tuple.Rows.Count; row++)
            {
                if (!tuple.Rows[row].TryGetValue(schema, out var value))
                {
                    gap++;
                    continue;
                }
                if (gap > 0)
                    gaps.AddRange([.. Fixed(8, row - gap), .. Fixed(8, gap)]);
                gap = 0;
                values.AddRange(value);
            }
            bytes.AddRange([.. Name(schema), .. Component(values), .. Component(gaps)]);
        }
        return [.. bytes];
    }

    private static byte[] Key(Batch batch, int run)
    {
        List<byte> key = [];
        foreach (var column in batch.Columns.Where(c => c.Schema.Role == ColumnRole.Key).OrderBy(
            c => c.Schema, Comparer<ColumnSchema>.Create(Compare)))
        {
            if (column.IsValid(run))
                key.AddRange([.. Name(column.Schema), .. Value(column, run)]);
        }
        return [.. key];
    }

    private static Dictionary<ColumnSchema, byte[]> Row(Batch batch, int row)
    {
        var values = new Dictionary<ColumnSchema, byte[]>();
        foreach (var column in batch.Columns)
        {
            if (column.Schema.Role == ColumnRole.Value && column.IsValid(row))
                values[column.Schema] = Value(column, row);
        }
        return values;
    }

    private static byte[] Value(Column column, int at) => column switch
    {
        FixedColumn<long> c => Fixed(8, c.Values[at]),
        FixedColumn<ulong> c => Fixed(8, c.Values[at]),
        FixedColumn<double> c => Fixed(8, BitConverter.DoubleToInt64Bits(c.Values[at])),
        FixedColumn<float> c => Fixed(4, BitConverter.SingleToInt32Bits(c.Values[at])),
        FixedColumn<bool> c => [c.Values[at] ? (byte)1 : (byte)0],
        BytesColumn c => [.. Fixed(4, c[at].Length), .. c[at]],
        ListColumn c => List(c, at),
        _ => throw new ArgumentException("No such column."),
    };

    private static byte[] List(ListColumn column, int at)
    {
        List<byte> bytes = [.. Fixed(4, column.Ends[at] - column.StartOf(at))];
        for (var item = column.StartOf(at); item < column.Ends[at]; item++)
            bytes.AddRange(column.Items.IsValid(item) ? Value(column.Items, item) : Fixed(4, 0xFFFFFFFF));
        return [.. bytes];
    }

    private static byte[] Component(List<byte> bytes) =>
        [.. Fixed(8, bytes.Count), .. bytes.Count <= 256 ? bytes.ToArray() : SHA256.HashData(bytes.ToArray())];

    private static byte[] Name(ColumnSchema schema)
    {
        var name = Encoding.UTF8.GetBytes(schema.Name);
        return [.. Fixed(4, name.Length), .. name, (byte)schema.Type];
    }

    private static byte[] Fixed(int size, Int128 value)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteInt128LittleEndian(bytes, value);
        return bytes[..size];
    }

    private static int Compare(ColumnSchema? a, ColumnSchema? b)
    {
        var byRole = ((int)a!.Role).CompareTo((int)b!.Role);
        var byName = byRole != 0 ? byRole : Encoding.UTF8.GetBytes(a.Name).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b.Name));
        return byName != 0 ? byName : ((int)a.Type).CompareTo((int)b.Type);
    }

    private sealed record Tuple(byte[] Key, List<Dictionary<ColumnSchema, byte[]>> Rows, List<byte> Times);
}
