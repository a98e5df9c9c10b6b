using System.Buffers.Binary;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// The Snappy block format (google/snappy, format_description.txt): a length, then literals and copies of what came before.
/// </summary>
internal static class Snappy
{
    /// <summary>A copy of three bytes makes 64, so nothing valid grows by more than this.</summary>
    private const int MaxGrowth = 24;

    /// <summary>Length of what the data unpacks to.</summary>
    public static int Length(ReadOnlySpan<byte> data)
    {
        var at = 0;
        var length = VarInt.Read(data, ref at);
        if (length > int.MaxValue || length > (ulong)data.Length * MaxGrowth)
            throw new TsmDamage($"Snappy data of {data.Length} bytes claims {length} bytes");
        return (int)length;
    }

    /// <summary>Unpacks into a target of <see cref="Length"/> bytes.</summary>
    public static void Decode(ReadOnlySpan<byte> data, Span<byte> target)
    {
        var at = 0;
        VarInt.Read(data, ref at);
        var done = 0;
        while (at < data.Length)
        {
            var tag = data[at++];
            if ((tag & 3) == 0)
                Literal(data, target, tag >> 2, ref at, ref done);
            else
                Copy(data, target, tag, ref at, ref done);
        }
        if (done != target.Length)
            throw new TsmDamage("Snappy data is cut off");
    }

    /// <summary>Bytes that <see cref="EncodeStored"/> needs at most.</summary>
    public static int StoredSize(int length) => length + 16;

    /// <summary>Packs as one literal: valid for every reader, without the search for repeats.</summary>
    public static int EncodeStored(ReadOnlySpan<byte> data, Span<byte> target)
    {
        var at = VarInt.Write(target, (ulong)data.Length);
        if (data.IsEmpty)
            return at;
        if (data.Length <= 60)
        {
            target[at++] = (byte)((data.Length - 1) << 2);
        }
        else
        {
            target[at++] = 63 << 2;
            BinaryPrimitives.WriteUInt32LittleEndian(target[at..], (uint)data.Length - 1);
            at += 4;
        }
        data.CopyTo(target[at..]);
        return at + data.Length;
    }

    private static void Literal(ReadOnlySpan<byte> data, Span<byte> target, int code, ref int at, ref int done)
    {
        long length = code + 1;
        if (code >= 60)
        {
            var bytes = code - 59;
            if (bytes > data.Length - at)
                throw new TsmDamage("Snappy data is cut off");
            length = 1;
            for (var i = 0; i < bytes; i++)
                length += (long)data[at++] << (8 * i);
        }
        if (length > data.Length - at || length > target.Length - done)
            throw new TsmDamage("a literal of Snappy data is too long");
        data.Slice(at, (int)length).CopyTo(target[done..]);
        at += (int)length;
        done += (int)length;
    }

    private static void Copy(ReadOnlySpan<byte> data, Span<byte> target, int tag, ref int at, ref int done)
    {
        var bytes = (tag & 3) switch { 1 => 1, 2 => 2, _ => 4 };
        if (bytes > data.Length - at)
            throw new TsmDamage("Snappy data is cut off");
        long distance = bytes switch
        {
            1 => ((tag >> 5) << 8) | data[at],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(data[at..]),
            _ => BinaryPrimitives.ReadUInt32LittleEndian(data[at..]),
        };
        at += bytes;
        var length = bytes == 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
        if (distance == 0 || distance > done || length > target.Length - done)
            throw new TsmDamage("a copy of Snappy data reaches out of bounds");
        var from = done - (int)distance;
        if (distance >= length)
        {
            target.Slice(from, length).CopyTo(target[done..]);
        }
        else
        {
            for (var i = 0; i < length; i++)
                target[done + i] = target[from + i];
        }
        done += length;
    }
}
