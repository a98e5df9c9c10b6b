using TsBackup.Model;

namespace TsBackup.Codec;

/// <summary>One text for all slots.</summary>
internal static class ConstantTextEncoding
{
    /// <summary>Writes the column when all texts are equal.</summary>
    public static bool TryWrite(BlockWriter writer, in TextColumn texts)
    {
        var first = texts[0];
        if (texts.Data.Length != (long)first.Length * texts.Count)
            return false;
        for (var i = 1; i < texts.Count; i++)
        {
            if (!texts[i].SequenceEqual(first))
                return false;
        }
        writer.WriteByte((byte)ColumnEncoding.ConstantText);
        writer.WriteVarint((ulong)first.Length);
        ByteStream.WritePatterns(writer, first, texts.Options);
        return true;
    }

    public static void Read(ref BlockReader reader, int count, BytesColumn texts)
    {
        var length = reader.ReadCount((int)BlockLimits.MaxDecodedBytes / count);
        reader.Charge((long)length * count);
        using var ends = new Scratch<int>(count);
        for (var i = 0; i < count; i++)
            ends.Span[i] = (i + 1) * length;
        var data = texts.Load(ends.Span);
        ByteStream.Read(ref reader, data[..length]);
        for (var i = 1; i < count; i++)
            data[..length].CopyTo(data[(i * length)..]);
    }
}
