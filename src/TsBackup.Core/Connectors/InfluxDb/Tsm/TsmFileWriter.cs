using System.Buffers.Binary;
using System.Text;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>Writes a TSM file: keys in ascending order, each with blocks of at most <see cref="BlockSize"/> values in order of time.</summary>
internal sealed class TsmFileWriter(Stream output)
{
    /// <summary>Values of a block, as the server itself writes them.</summary>
    public const int BlockSize = 1000;

    private readonly MemoryStream _index = new();
    private readonly MemoryStream _entries = new();
    private readonly ulong[] _scratch = new ulong[BlockSize];
    private byte[] _block = new byte[64 + (BlockSize * 20)];
    private byte[] _key = [];
    private int _blocks;
    private TsmType _type;
    private long _at;

    /// <summary>Starts a key; the one before is finished.</summary>
    public void StartKey(ReadOnlySpan<byte> key, TsmType type)
    {
        EndKey();
        if (key.SequenceCompareTo(_key) <= 0)
            throw new ArgumentException("Keys must ascend.", nameof(key));
        _key = key.ToArray();
        _type = type;
        if (_at == 0)
            Write([0x16, 0xD1, 0x16, 0xD1, 1]);
    }

    /// <summary>Writes a block of numbers, given as bits, or of booleans, given as 0 and 1.</summary>
    public void WriteBlock(ReadOnlySpan<long> times, ReadOnlySpan<ulong> words)
    {
        var values = new byte[64 + (words.Length * 10)];
        var size = _type switch
        {
            TsmType.Float => FloatCodec.Encode(words, values),
            TsmType.Boolean => BooleanCodec.Encode(Array.ConvertAll(words.ToArray(), static word => (byte)word), values),
            _ => IntegerCodec.Encode(words, _scratch, values),
        };
        WriteBlock(times, values.AsSpan(0, size));
    }

    /// <summary>Writes a block of strings.</summary>
    public void WriteBlock(ReadOnlySpan<long> times, IReadOnlyList<byte[]> texts)
    {
        var plain = new byte[texts.Sum(text => text.Length + VarInt.MaxSize)];
        var at = 0;
        foreach (var text in texts)
        {
            at += VarInt.Write(plain.AsSpan(at), (ulong)text.Length);
            text.CopyTo(plain, at);
            at += text.Length;
        }
        var values = new byte[1 + Snappy.StoredSize(at)];
        values[0] = 1 << 4;
        WriteBlock(times, values.AsSpan(0, 1 + Snappy.EncodeStored(plain.AsSpan(0, at), values.AsSpan(1))));
    }

    /// <summary>Writes index and footer; the stream stays open.</summary>
    public void Finish()
    {
        EndKey();
        Span<byte> footer = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(footer, _at);
        Write(_index.GetBuffer().AsSpan(0, (int)_index.Length));
        Write(footer);
    }

    /// <summary>The key of a field of a series.</summary>
    public static byte[] Key(string escapedSeries, string field) =>
        [.. Encoding.UTF8.GetBytes(escapedSeries), .. SeriesKey.Separator, .. Encoding.UTF8.GetBytes(field)];

    private void WriteBlock(ReadOnlySpan<long> times, ReadOnlySpan<byte> values)
    {
        if (times.Length is 0 or > BlockSize)
            throw new ArgumentException($"A block has 1 to {BlockSize} values.", nameof(times));
        var encoded = new byte[32 + (times.Length * 8)];
        var timeSize = TimeCodec.Encode(times, _scratch, encoded);
        Pools.Ensure(ref _block, 16 + timeSize + values.Length);
        _block[4] = (byte)_type;
        var at = 5 + VarInt.Write(_block.AsSpan(5), (ulong)timeSize);
        encoded.AsSpan(0, timeSize).CopyTo(_block.AsSpan(at));
        at += timeSize;
        values.CopyTo(_block.AsSpan(at));
        at += values.Length;
        BinaryPrimitives.WriteUInt32BigEndian(_block, Crc32.Compute(_block.AsSpan(4, at - 4)));
        Span<byte> entry = stackalloc byte[TsmFile.EntrySize];
        BinaryPrimitives.WriteInt64BigEndian(entry, times[0]);
        BinaryPrimitives.WriteInt64BigEndian(entry[8..], times[^1]);
        BinaryPrimitives.WriteInt64BigEndian(entry[16..], _at);
        BinaryPrimitives.WriteInt32BigEndian(entry[24..], at);
        _entries.Write(entry);
        _blocks++;
        Write(_block.AsSpan(0, at));
    }

    private void EndKey()
    {
        if (_blocks == 0)
            return;
        Span<byte> number = stackalloc byte[3];
        BinaryPrimitives.WriteUInt16BigEndian(number, checked((ushort)_key.Length));
        _index.Write(number[..2]);
        _index.Write(_key);
        number[0] = (byte)_type;
        BinaryPrimitives.WriteUInt16BigEndian(number[1..], checked((ushort)_blocks));
        _index.Write(number);
        _entries.WriteTo(_index);
        _entries.SetLength(0);
        _blocks = 0;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        _at += bytes.Length;
    }
}
