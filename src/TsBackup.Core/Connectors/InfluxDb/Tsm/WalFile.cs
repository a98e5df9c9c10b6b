using System.Buffers.Binary;
using TsBackup.Connectors.LineProtocol;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// What a server had acknowledged and not yet put into TSM files: the segments of a shard's write-ahead log, replayed in order.
/// An entry is a type byte, a length and Snappy data. An entry cut off by the end of the last segment was never acknowledged and is
/// left out with a remark; any other fault is an error.
/// </summary>
internal sealed class WalFile
{
    private const int EntryHeader = 5;
    private const byte Write = 1;
    private const byte Delete = 2;
    private const byte DeleteRange = 3;

    private readonly Dictionary<byte[], List<WalValues>> _values = new(BytesComparer.Instance);
    private readonly Dictionary<byte[], List<WalValues>>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    private WalFile() => _lookup = _values.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>The keys with their values.</summary>
    public IReadOnlyDictionary<byte[], List<WalValues>> Values => _values;

    /// <summary>What the caller should tell the user; empty when all is well.</summary>
    public string Remark { get; private set; } = "";

    /// <summary>Replays segments, oldest first, and disposes them.</summary>
    /// <exception cref="Errors.TsBackupException">SourceFileDamaged.</exception>
    public static WalFile Read(IReadOnlyList<TsmSource> segments)
    {
        var wal = new WalFile();
        try
        {
            for (var i = 0; i < segments.Count; i++)
                wal.Replay(segments[i], isLast: i == segments.Count - 1);
        }
        finally
        {
            foreach (var segment in segments)
                segment.Dispose();
        }
        foreach (var values in wal._values.Values)
        {
            foreach (var typed in values)
                typed.Settle();
        }
        return wal;
    }

    private void Replay(TsmSource source, bool isLast)
    {
        var packed = Array.Empty<byte>();
        var plain = Array.Empty<byte>();
        Span<byte> head = stackalloc byte[EntryHeader];
        for (var at = 0L; at < source.Length;)
        {
            var length = -1L;
            if (source.Length - at >= EntryHeader)
            {
                source.Read(at, head);
                length = BinaryPrimitives.ReadUInt32BigEndian(head[1..]);
            }
            if (length < 0 || length > source.Length - at - EntryHeader)
            {
                if (!isLast)
                    throw FileErrors.Damaged(source.Name, at, "an entry of the log is cut off");
                Remark = $"The log '{source.Name}' ends within an entry at offset {at}, which the server had not acknowledged.";
                return;
            }
            try
            {
                Pools.Ensure(ref packed, (int)length);
                source.Read(at + EntryHeader, packed.AsSpan(0, (int)length));
                var size = Snappy.Length(packed.AsSpan(0, (int)length));
                Pools.Ensure(ref plain, size);
                Snappy.Decode(packed.AsSpan(0, (int)length), plain.AsSpan(0, size));
                Apply(head[0], plain.AsSpan(0, size));
            }
            catch (TsmDamage damage)
            {
                throw FileErrors.Damaged(source.Name, at, damage.Message, damage);
            }
            at += EntryHeader + length;
        }
        Pools.Return(ref packed);
        Pools.Return(ref plain);
    }

    private void Apply(byte entry, ReadOnlySpan<byte> data)
    {
        switch (entry)
        {
            case Write:
                while (!data.IsEmpty)
                    ApplyWrite(ref data);
                break;
            case Delete:
                while (!data.IsEmpty)
                {
                    var end = data.IndexOf((byte)'\n');
                    DeleteKey(end < 0 ? data : data[..end], TimeRange.All);
                    data = end < 0 ? default : data[(end + 1)..];
                }
                break;
            case DeleteRange:
                var range = new TimeRange(
                    BinaryPrimitives.ReadInt64BigEndian(Take(ref data, 8)), BinaryPrimitives.ReadInt64BigEndian(Take(ref data, 8)));
                while (!data.IsEmpty)
                    DeleteKey(Take(ref data, BinaryPrimitives.ReadUInt32BigEndian(Take(ref data, 4))), range);
                break;
            default:
                throw new TsmDamage($"unknown entry type {entry} in the log");
        }
    }

    private void ApplyWrite(ref ReadOnlySpan<byte> data)
    {
        var type = Take(ref data, 1)[0] switch
        {
            1 => TsmType.Float,
            2 => TsmType.Integer,
            3 => TsmType.Boolean,
            4 => TsmType.String,
            5 => TsmType.Unsigned,
            var other => throw new TsmDamage($"unknown value type {other} in the log"),
        };
        var key = Take(ref data, BinaryPrimitives.ReadUInt16BigEndian(Take(ref data, 2)));
        if (key.IndexOf(SeriesKey.Separator) <= 0)
            throw new TsmDamage("a key has no series or no field");
        var count = BinaryPrimitives.ReadUInt32BigEndian(Take(ref data, 4));
        if (count == 0 || count > data.Length / 9)
            throw new TsmDamage($"an entry of the log claims {count} values");
        var values = ValuesOf(key, type);
        for (var i = 0; i < count; i++)
        {
            var time = BinaryPrimitives.ReadInt64BigEndian(Take(ref data, 8));
            if (type == TsmType.String)
                values.Add(time, Take(ref data, BinaryPrimitives.ReadUInt32BigEndian(Take(ref data, 4))).ToArray());
            else if (type == TsmType.Boolean)
                values.Add(time, Take(ref data, 1)[0] == 1 ? 1UL : 0UL);
            else
                values.Add(time, BinaryPrimitives.ReadUInt64BigEndian(Take(ref data, 8)));
        }
    }

    private void DeleteKey(ReadOnlySpan<byte> key, TimeRange range)
    {
        if (!_lookup.TryGetValue(key, out var values))
            return;
        foreach (var typed in values)
            typed.Delete(range);
        values.RemoveAll(typed => typed.Count == 0);
    }

    private WalValues ValuesOf(ReadOnlySpan<byte> key, TsmType type)
    {
        if (!_lookup.TryGetValue(key, out var values))
        {
            values = [];
            _lookup[key] = values;
        }
        var typed = values.Find(known => known.Type == type);
        if (typed is null)
        {
            typed = new WalValues(type);
            values.Add(typed);
        }
        return typed;
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> data, uint count)
    {
        if (count > (uint)data.Length)
            throw new TsmDamage("an entry of the log ends early");
        var taken = data[..(int)count];
        data = data[(int)count..];
        return taken;
    }
}
