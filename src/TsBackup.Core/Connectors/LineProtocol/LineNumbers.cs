using System.Buffers.Text;
using System.Globalization;

namespace TsBackup.Connectors.LineProtocol;

/// <summary>Numbers as text and back without losing a bit, with short ways for what measurements mostly are.</summary>
internal static class LineNumbers
{
    /// <summary>Room that every number fits into.</summary>
    public const int MaxLength = 32;

    private const double ExactIntegers = 9007199254740992; // 2^53

    private static readonly double[] Powers =
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>Writes a finite double so that reading it gives the same bits; returns the length.</summary>
    public static int Format(double value, Span<byte> output)
    {
        // A quotient of two exact doubles is correctly rounded, so "r / 10^k" read as text is this very value when the division gives it.
        if (Math.Abs(value) < 1e13 && (value != 0 || !double.IsNegative(value)))
        {
            if (TryFormatScaled(value, 100, 2, output, out var length) || TryFormatScaled(value, 10_000, 4, output, out length))
                return length;
        }
        value.TryFormat(output, out var written, default, CultureInfo.InvariantCulture);
        return written;
    }

    /// <summary>Reads a float; false when it is no number or too large for a double.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        var i = text.Length > 0 && text[0] == '-' ? 1 : 0;
        var negative = i == 1;
        ulong mantissa = 0;
        var digits = 0;
        var decimals = 0;
        var point = false;
        for (; i < text.Length; i++)
        {
            var digit = (uint)(text[i] - '0');
            if (digit <= 9)
            {
                mantissa = (mantissa * 10) + digit;
                digits++;
                if (point)
                    decimals++;
            }
            else if (text[i] == '.' && !point)
            {
                point = true;
            }
            else
            {
                break;
            }
        }
        if (digits == 0)
            return false;
        if (i == text.Length && digits <= 19 && mantissa <= (ulong)ExactIntegers && decimals <= 22)
        {
            var magnitude = decimals == 0 ? mantissa : mantissa / Powers[decimals];
            value = negative ? -magnitude : magnitude;
            return true;
        }
        if (i < text.Length && text[i] is not ((byte)'e' or (byte)'E'))
            return false;
        const NumberStyles styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(text, styles, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }

    /// <summary>Reads a signed integer that takes the whole text.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        var i = text.Length > 0 && text[0] == '-' ? 1 : 0;
        if (text.Length - i is > 0 and <= 18)
        {
            long magnitude = 0;
            for (var at = i; at < text.Length; at++)
            {
                var digit = (uint)(text[at] - '0');
                if (digit > 9)
                {
                    value = 0;
                    return false;
                }
                magnitude = (magnitude * 10) + digit;
            }
            value = i == 1 ? -magnitude : magnitude;
            return true;
        }
        return Utf8Parser.TryParse(text, out value, out var used) && used == text.Length && text[0] != '+';
    }

    /// <summary>Reads an unsigned integer that takes the whole text.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out ulong value)
    {
        value = 0;
        return text.Length > 0 && char.IsAsciiDigit((char)text[0]) && Utf8Parser.TryParse(text, out value, out var used)
            && used == text.Length;
    }

    private static bool TryFormatScaled(double value, int scale, int decimals, Span<byte> output, out int length)
    {
        length = 0;
        var scaled = Math.Round(value * scale);
        if (Math.Abs(scaled) >= ExactIntegers || scaled / scale != value || (scaled == 0 && value != 0))
            return false;
        var whole = Math.DivRem((long)scaled, scale, out var rest);
        if (value < 0)
        {
            output[length++] = (byte)'-';
            whole = -whole;
            rest = -rest;
        }
        Utf8Formatter.TryFormat(whole, output[length..], out var written);
        length += written;
        if (rest == 0)
            return true;
        output[length++] = (byte)'.';
        for (var place = decimals - 1; place >= 0; place--)
        {
            rest = Math.DivRem(rest, 10, out var digit);
            output[length + place] = (byte)('0' + digit);
        }
        length += decimals;
        while (output[length - 1] == '0')
            length--;
        return true;
    }
}
