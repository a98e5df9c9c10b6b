using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using TsBackup.Connectors.LineProtocol;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// What has been deleted from one TSM file: ranges of time per key. Reads the four forms of the file: text lines (1), binary (2),
/// binary through gzip (3), several of those end to end (4). A key the TSM file does not have means nothing.
/// </summary>
internal sealed class Tombstones
{
    private const uint Version2 = 0x1502;
    private const uint Version3 = 0x1503;
    private const uint Version4 = 0x1504;

    // GZipStream takes the place where a file was cut off for its end. So a further member is put behind the last byte: a deletion of
    // no time under a name unknown to the file, which comes out whole only if all before it is whole.
    private static readonly byte[] Mark = Encoding.ASCII.GetBytes(Guid.NewGuid().ToString("N"));
    private static readonly byte[] PackedMark = PackMark();

    private readonly Dictionary<byte[], List<TimeRange>> _ranges = new(BytesComparer.Instance);
    private readonly Dictionary<byte[], List<TimeRange>>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    private Tombstones() => _lookup = _ranges.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>Number of keys with deletions.</summary>
    public int Count => _ranges.Count;

    /// <summary>The deleted ranges of a key; null when there are none.</summary>
    public List<TimeRange>? Of(ReadOnlySpan<byte> key) => _lookup.TryGetValue(key, out var ranges) ? ranges : null;

    /// <summary>Reads a tombstone file and disposes the source.</summary>
    /// <exception cref="Errors.TsBackupException">SourceFileDamaged.</exception>
    public static Tombstones Read(TsmSource source)
    {
        using (source)
        {
            if (source.Length > 1L << 30)
                throw FileErrors.Damaged(source.Name, 0, $"a tombstone file of {source.Length} bytes is too large");
            var data = new byte[source.Length];
            source.Read(0, data);
            var result = new Tombstones();
            var at = 0L;
            try
            {
                result.ReadAll(data, ref at);
            }
            catch (Exception error) when (error is TsmDamage or InvalidDataException or EndOfStreamException)
            {
                throw FileErrors.Damaged(source.Name, at, error is TsmDamage ? error.Message : "the deletions do not unpack", error);
            }
            return result;
        }
    }

    private void ReadAll(byte[] data, ref long at)
    {
        switch (data.Length < 4 ? 0 : BinaryPrimitives.ReadUInt32BigEndian(data))
        {
            case Version2:
                ReadRecords(new MemoryStream(data, 4, data.Length - 4, writable: false), data.Length, ref at);
                break;
            case Version3 or Version4:
                // GZipStream goes on with the next member by itself, which makes 3 and 4 the same.
                using (var packed = new MemoryStream([.. data.AsSpan(4), .. PackedMark], writable: false))
                using (var plain = new GZipStream(packed, CompressionMode.Decompress))
                {
                    if (!ReadRecords(plain, Math.Max(1 << 20, data.Length * 1100L), ref at).SequenceEqual(Mark))
                        throw new TsmDamage("the deletions are cut off");
                }
                break;
            default:
                ReadLines(data);
                break;
        }
    }

    private void ReadLines(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            var end = data.IndexOf((byte)'\n');
            var line = end < 0 ? data : data[..end];
            data = end < 0 ? default : data[(end + 1)..];
            if (line is [.., (byte)'\r'])
                line = line[..^1];
            if (!line.IsEmpty)
                Add(line, TimeRange.All);
        }
    }

    /// <returns>The key of the last record.</returns>
    private ReadOnlySpan<byte> ReadRecords(Stream stream, long limit, ref long at)
    {
        Span<byte> fixedPart = stackalloc byte[16];
        var key = new byte[256];
        var length = 0u;
        while (true)
        {
            var read = stream.ReadAtLeast(fixedPart[..4], 4, throwOnEndOfStream: false);
            if (read == 0)
                return key.AsSpan(0, (int)length);
            if (read < 4)
                throw new TsmDamage("a deletion is cut off");
            length = BinaryPrimitives.ReadUInt32BigEndian(fixedPart);
            if (length > ushort.MaxValue || at + length + 20 > limit)
                throw new TsmDamage($"a deleted key claims {length} bytes");
            if (key.Length < length)
                key = new byte[length];
            stream.ReadExactly(key, 0, (int)length);
            stream.ReadExactly(fixedPart);
            at += length + 20;
            var first = BinaryPrimitives.ReadInt64BigEndian(fixedPart);
            var last = BinaryPrimitives.ReadInt64BigEndian(fixedPart[8..]);
            Add(key.AsSpan(0, (int)length), new TimeRange(first, last));
        }
    }

    private static byte[] PackMark()
    {
        var record = new byte[4 + Mark.Length + 16];
        BinaryPrimitives.WriteInt32BigEndian(record, Mark.Length);
        Mark.CopyTo(record, 4);
        BinaryPrimitives.WriteInt64BigEndian(record.AsSpan(4 + Mark.Length), 1);
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            stream.Write(record);
        return packed.ToArray();
    }

    private void Add(ReadOnlySpan<byte> key, TimeRange range)
    {
        if (range.IsEmpty)
            return;
        if (!_lookup.TryGetValue(key, out var ranges))
        {
            ranges = [];
            _lookup[key] = ranges;
        }
        if (ranges.Count == 0 || !ranges[^1].Contains(range))
            ranges.Add(range);
    }
}
