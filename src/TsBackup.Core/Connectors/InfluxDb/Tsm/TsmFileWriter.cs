using System.Buffers.Binary;
using System.Text;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>Writes a TSM file: keys in ascending order, each with blocks of at most <see cref="BlockSize"/> values in order of time.</summary>
internal sealed class TsmFileWriter(Stream output)
{
    /// <summary>Values of a block, as the server itself writes them.</summary>
    public const int BlockSize = 1000;

    /// <summary>Blocks that the index can hold of one key.</summary>
    public const int MaxBlocksPerKey = ushort.MaxValue;

    private const int FooterSize = 8;
    private const int KeyHeadSize = 5;

    private readonly MemoryStream _index = new();
    private readonly MemoryStream _entries = new();
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

    /// <summary>Writes a block of the key's type.</summary>
    public void WriteBlock(TsmBlock block)
    {
        Span<byte> entry = stackalloc byte[TsmFile.EntrySize];
        BinaryPrimitives.WriteInt64BigEndian(entry, block.First);
        BinaryPrimitives.WriteInt64BigEndian(entry[8..], block.Last);
        BinaryPrimitives.WriteInt64BigEndian(entry[16..], _at);
        BinaryPrimitives.WriteInt32BigEndian(entry[24..], block.Bytes.Length);
        _entries.Write(entry);
        _blocks++;
        Write(block.Bytes.Span);
    }

    /// <summary>Bytes that keys take in a file beside their blocks.</summary>
    /// <param name="keys">Number of keys.</param>
    /// <param name="keyBytes">Length of all of them.</param>
    /// <param name="blocks">Number of their blocks.</param>
    public static long OverheadOf(long keys, long keyBytes, long blocks) =>
        TsmFile.HeaderSize + FooterSize + keyBytes + (keys * KeyHeadSize) + (blocks * TsmFile.EntrySize);

    /// <summary>Writes index and footer; the stream stays open.</summary>
    public void Finish()
    {
        EndKey();
        Span<byte> footer = stackalloc byte[FooterSize];
        BinaryPrimitives.WriteInt64BigEndian(footer, _at);
        Write(_index.GetBuffer().AsSpan(0, (int)_index.Length));
        Write(footer);
    }

    /// <summary>The key of a field of a series, given as it stands in the files.</summary>
    public static byte[] Key(ReadOnlySpan<byte> series, string field) => [.. series, .. SeriesKey.Separator, .. Encoding.UTF8.GetBytes(field)];

    /// <summary>The key of a field of a series.</summary>
    public static byte[] Key(string escapedSeries, string field) =>
        [.. Encoding.UTF8.GetBytes(escapedSeries), .. SeriesKey.Separator, .. Encoding.UTF8.GetBytes(field)];

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
