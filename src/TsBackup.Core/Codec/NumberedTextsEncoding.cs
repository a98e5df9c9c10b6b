using System.Buffers.Text;
using TsBackup.Model;

namespace TsBackup.Codec;

/// <summary>Texts that differ in one decimal number only, such as <c>host_1</c>, <c>host_2</c>: the common parts and the numbers.</summary>
internal static class NumberedTextsEncoding
{
    private const int MaxDigits = 18;

    /// <summary>Writes the column when all texts are of that kind.</summary>
    public static bool TryWrite(BlockWriter writer, in TextColumn texts)
    {
        var first = texts[0];
        var last = first.LastIndexOfAnyInRange((byte)'0', (byte)'9');
        if (last < 0)
            return false;
        var start = first[..last].LastIndexOfAnyExceptInRange((byte)'0', (byte)'9') + 1;
        var prefix = first[..start];
        var suffix = first[(last + 1)..];
        var width = last + 1 - start;
        // Leading zeros come back only when all numbers have one width.
        var padded = first[start] == '0' && width > 1;
        using var numbers = new Scratch<long>(texts.Count);
        for (var i = 0; i < texts.Count; i++)
        {
            var text = texts[i];
            if (text.Length <= prefix.Length + suffix.Length || !text.StartsWith(prefix) || !text.EndsWith(suffix))
                return false;
            var digits = text[prefix.Length..^suffix.Length];
            if (digits[0] == '0' && digits.Length > 1 && !padded)
            {
                if (!AllOfWidth(texts, i, prefix.Length + suffix.Length + width))
                    return false;
                padded = true;
            }
            if (!TryParse(digits, out numbers.Span[i]) || (padded && digits.Length != width))
                return false;
        }
        writer.WriteByte((byte)ColumnEncoding.NumberedTexts);
        writer.WriteVarint((ulong)prefix.Length);
        writer.Write(prefix);
        writer.WriteVarint((ulong)suffix.Length);
        writer.Write(suffix);
        writer.WriteByte(padded ? (byte)width : (byte)0);
        IntegersEncoding.Write(writer, numbers.Span, WordColumn.OneRun, texts.Options);
        return true;
    }

    public static void Read(ref BlockReader reader, int count, BytesColumn texts)
    {
        var prefix = reader.Read(reader.ReadCount(reader.Remaining));
        var suffix = reader.Read(reader.ReadCount(reader.Remaining));
        int width = reader.ReadByte();
        if (width > MaxDigits)
            throw BlockFault.Damaged("a number in a text has too many digits");
        using var numbers = new Scratch<long>(count);
        IntegersEncoding.Read(ref reader, numbers.Span, WordColumn.OneRun);
        using var lengths = new Scratch<long>(count);
        using var ends = new Scratch<int>(count);
        Span<byte> digits = stackalloc byte[MaxDigits + 2];
        for (var i = 0; i < count; i++)
        {
            var length = Format(numbers.Span[i], width, digits);
            lengths.Span[i] = prefix.Length + length + suffix.Length;
        }
        TextsEncoding.Sum(ref reader, lengths.Span, ends.Span);
        var data = texts.Load(ends.Span);
        var at = 0;
        foreach (var number in numbers.Span)
        {
            prefix.CopyTo(data[at..]);
            at += prefix.Length;
            var length = Format(number, width, digits);
            digits[..length].CopyTo(data[at..]);
            at += length;
            suffix.CopyTo(data[at..]);
            at += suffix.Length;
        }
    }

    private static bool AllOfWidth(in TextColumn texts, int count, int length)
    {
        for (var i = 0; i < count; i++)
        {
            if (texts[i].Length != length)
                return false;
        }
        return true;
    }

    private static bool TryParse(ReadOnlySpan<byte> digits, out long number)
    {
        number = 0;
        if (digits.Length > MaxDigits || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return false;
        foreach (var digit in digits)
            number = (number * 10) + (digit - '0');
        return true;
    }

    private static int Format(long number, int width, Span<byte> digits)
    {
        if (number < 0 || !Utf8Formatter.TryFormat(number, digits, out var length, new System.Buffers.StandardFormat('D', (byte)width))
            || length > MaxDigits || (width > 0 && length != width))
            throw BlockFault.Damaged("a number in a text has too many digits");
        return length;
    }
}
