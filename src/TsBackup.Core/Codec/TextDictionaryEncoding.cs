using TsBackup.Model;

namespace TsBackup.Codec;

/// <summary>Few different texts: a list of them, in order of first appearance, and a code per slot.</summary>
internal static class TextDictionaryEncoding
{
    private const int Trial = 1024;

    /// <summary>Writes the column when texts occur twice on average.</summary>
    public static bool TryWrite(BlockWriter writer, in TextColumn texts)
    {
        using var codes = new Scratch<long>(texts.Count);
        using var entries = new Scratch<int>(texts.Count);
        var count = Assign(texts, codes.Span, entries.Span);
        if (count < 0)
            return false;
        using var list = new BytesColumn(new ColumnSchema("", ColumnRole.Value, ColumnType.Binary));
        foreach (var entry in entries.Span[..count])
            list.Append(texts[entry]);
        writer.WriteByte((byte)ColumnEncoding.TextDictionary);
        writer.WriteVarint((ulong)count);
        TextEncoding.Write(writer, new TextColumn(list.Ends, list.Data, texts.Options));
        IntegersEncoding.Write(writer, codes.Span, WordColumn.OneRun, texts.Options);
        return true;
    }

    public static void Read(ref BlockReader reader, int count, BytesColumn texts)
    {
        var entries = reader.ReadCount(count);
        using var list = new BytesColumn(texts.Schema);
        TextEncoding.Read(ref reader, entries, list);
        using var codes = new Scratch<long>(count);
        using var ends = new Scratch<int>(count);
        IntegersEncoding.Read(ref reader, codes.Span, WordColumn.OneRun);
        using var lengths = new Scratch<long>(count);
        for (var i = 0; i < count; i++)
        {
            if ((ulong)codes.Span[i] >= (ulong)entries)
                throw BlockFault.Damaged("a code is not in its dictionary");
            lengths.Span[i] = list[(int)codes.Span[i]].Length;
        }
        TextsEncoding.Sum(ref reader, lengths.Span, ends.Span);
        var data = texts.Load(ends.Span);
        var at = 0;
        foreach (var code in codes.Span)
        {
            var entry = list[(int)code];
            entry.CopyTo(data[at..]);
            at += entry.Length;
        }
    }

    /// <returns>Number of different texts; −1 when there are too many.</returns>
    private static int Assign(in TextColumn texts, Span<long> codes, Span<int> entries)
    {
        var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)texts.Count * 2);
        using var scratch = new Scratch<int>(size);
        var table = scratch.Span;
        table.Fill(-1);
        var count = 0;
        for (var i = 0; i < texts.Count; i++)
        {
            var text = texts[i];
            // The hash differs from process to process; codes follow the order of appearance and do not depend on it.
            var hash = default(HashCode);
            hash.AddBytes(text);
            var slot = hash.ToHashCode() & (size - 1);
            while (table[slot] >= 0 && !texts[entries[table[slot]]].SequenceEqual(text))
                slot = (slot + 1) & (size - 1);
            if (table[slot] < 0)
            {
                table[slot] = count;
                entries[count++] = i;
                if (count * 2 > texts.Count || (i < Trial && count * 4 > 3 * Trial))
                    return -1;
            }
            codes[i] = table[slot];
        }
        return count;
    }
}
