using System.Globalization;
using TsBackup.Errors;

namespace TsBackup.Model;

/// <summary>
/// Reads and writes times as people type them: RFC 3339 with up to nine decimals, or integer nanoseconds since the epoch.
/// </summary>
public static class TimeText
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Four digits are more likely meant as a year than as nanoseconds, so they are neither.</summary>
    private const int YearLength = 4;

    /// <summary>Writes RFC 3339 in UTC with as many decimals as needed; exact for every value.</summary>
    public static string Format(long nanoseconds)
    {
        var seconds = Math.DivRem(nanoseconds, NanosecondsPerSecond, out var rest);
        if (rest < 0)
        {
            seconds--;
            rest += NanosecondsPerSecond;
        }
        var text = DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        return rest == 0 ? text + "Z" : text + "." + rest.ToString("D9", CultureInfo.InvariantCulture).TrimEnd('0') + "Z";
    }

    /// <summary>Reads a time.</summary>
    /// <exception cref="TsBackupException">TimeInvalid when the text is no time or lies outside the range of int64 nanoseconds.</exception>
    public static long Parse(string text) => TryParse(text, out var nanoseconds)
        ? nanoseconds
        : throw new TsBackupException(
            ErrorId.TimeInvalid,
            $"'{text}' is not a time.",
            hint: "Use RFC 3339, such as 2026-01-31T08:00:00Z, or integer nanoseconds since 1970.");

    /// <summary>Reads a time; false when the text is no time.</summary>
    public static bool TryParse(string? text, out long nanoseconds)
    {
        nanoseconds = 0;
        if (string.IsNullOrWhiteSpace(text))
            return false;
        text = text.Trim();
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out nanoseconds))
            return text.Length != YearLength;
        if (!StartsWithDate(text))
            return false;

        // Decimals beyond the seven that DateTimeOffset keeps are cut out and added as nanoseconds.
        long fraction = 0;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot >= 0)
        {
            var end = dot + 1;
            while (end < text.Length && char.IsAsciiDigit(text[end]))
                end++;
            var digits = text[(dot + 1)..end];
            if (digits.Length is 0 or > 9)
                return false;
            fraction = long.Parse(digits.PadRight(9, '0'), CultureInfo.InvariantCulture);
            text = text[..dot] + text[end..];
        }
        const DateTimeStyles styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, styles, out var time))
            return false;
        var total = ((Int128)(time.UtcTicks - DateTime.UnixEpoch.Ticks) * 100) + fraction;
        if (total < long.MinValue || total > long.MaxValue)
            return false;
        nanoseconds = (long)total;
        return true;
    }

    /// <summary>Other notations of a date, which say month and day in an order that depends on the reader, are refused.</summary>
    private static bool StartsWithDate(string text) =>
        text.Length >= 10 && text[4] == '-' && text[7] == '-' && text.AsSpan(0, 4).IndexOfAnyExceptInRange('0', '9') < 0;
}
