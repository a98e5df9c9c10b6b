using TsBackup.Model;

namespace TsBackup.Codec;

/// <summary>Texts that begin like the one before, as sorted names do: the length of the common beginning and the rest.</summary>
internal static class FrontCodedEncoding
{
    /// <summary>Share of the bytes that common beginnings must save, as a divisor.</summary>
    private const int Share = 3;

    /// <summary>Writes the column when common beginnings save enough.</summary>
    public static bool TryWrite(BlockWriter writer, in TextColumn texts)
    {
        using var common = new Scratch<long>(texts.Count);
        using var rest = new Scratch<long>(texts.Count);
        ReadOnlySpan<byte> previous = default;
        long saved = 0;
        for (var i = 0; i < texts.Count; i++)
        {
            var text = texts[i];
            var length = text.CommonPrefixLength(previous);
            common.Span[i] = length;
            rest.Span[i] = text.Length - length;
            saved += length;
            previous = text;
        }
        if (saved * Share < texts.Data.Length)
            return false;
        using var bytes = new Scratch<byte>(texts.Data.Length - (int)saved);
        var at = 0;
        for (var i = 0; i < texts.Count; i++)
        {
            var suffix = texts[i][(int)common.Span[i]..];
            suffix.CopyTo(bytes.Span[at..]);
            at += suffix.Length;
        }
        writer.WriteByte((byte)ColumnEncoding.FrontCoded);
        IntegersEncoding.Write(writer, common.Span, WordColumn.OneRun, texts.Options);
        IntegersEncoding.Write(writer, rest.Span, WordColumn.OneRun, texts.Options);
        ByteStream.WritePatterns(writer, bytes.Span, texts.Options);
        return true;
    }

    public static void Read(ref BlockReader reader, int count, BytesColumn texts)
    {
        using var common = new Scratch<long>(count);
        using var rest = new Scratch<long>(count);
        using var ends = new Scratch<int>(count);
        IntegersEncoding.Read(ref reader, common.Span, WordColumn.OneRun);
        IntegersEncoding.Read(ref reader, rest.Span, WordColumn.OneRun);
        TextsEncoding.Sum(ref reader, rest.Span, ends.Span);
        using var bytes = new Scratch<byte>(ends.Span[^1]);
        ByteStream.Read(ref reader, bytes.Span);
        long previous = 0;
        for (var i = 0; i < count; i++)
        {
            if ((ulong)common.Span[i] > (ulong)previous)
                throw BlockFault.Damaged("a text shares more with the one before than that has");
            previous = rest.Span[i] += common.Span[i];
        }
        TextsEncoding.Sum(ref reader, rest.Span, ends.Span);
        var data = texts.Load(ends.Span);
        var (start, before, at) = (0, 0, 0);
        for (var i = 0; i < count; i++)
        {
            var shared = (int)common.Span[i];
            var suffix = ends.Span[i] - start - shared;
            data.Slice(before, shared).CopyTo(data[start..]);
            bytes.Span.Slice(at, suffix).CopyTo(data[(start + shared)..]);
            at += suffix;
            before = start;
            start = ends.Span[i];
        }
    }
}
