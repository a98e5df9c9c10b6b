using TsBackup.Model;

namespace TsBackup.Codec;

/// <summary>Texts as their lengths and their bytes.</summary>
internal static class TextsEncoding
{
    public static void Write(BlockWriter writer, in TextColumn texts)
    {
        writer.WriteByte((byte)ColumnEncoding.Texts);
        using var lengths = new Scratch<long>(texts.Count);
        var start = 0;
        for (var i = 0; i < texts.Count; i++)
        {
            lengths.Span[i] = texts.Ends[i] - start;
            start = texts.Ends[i];
        }
        IntegersEncoding.Write(writer, lengths.Span, WordColumn.OneRun, texts.Options);
        ByteStream.WritePatterns(writer, texts.Data, texts.Options);
    }

    public static void Read(ref BlockReader reader, int count, BytesColumn texts)
    {
        using var lengths = new Scratch<long>(count);
        using var ends = new Scratch<int>(count);
        IntegersEncoding.Read(ref reader, lengths.Span, WordColumn.OneRun);
        Sum(ref reader, lengths.Span, ends.Span);
        ByteStream.Read(ref reader, texts.Load(ends.Span));
    }

    /// <summary>Adds lengths up to ends and charges the memory for their bytes.</summary>
    public static void Sum(ref BlockReader reader, scoped ReadOnlySpan<long> lengths, scoped Span<int> ends)
    {
        long total = 0;
        for (var i = 0; i < lengths.Length; i++)
        {
            if ((ulong)lengths[i] > BlockLimits.MaxDecodedBytes)
                throw BlockFault.Damaged("a length is out of range");
            total += lengths[i];
            if (total > BlockLimits.MaxDecodedBytes)
                throw BlockFault.Damaged("it claims more data than a block may hold");
            ends[i] = (int)total;
        }
        reader.Charge(total);
    }
}
