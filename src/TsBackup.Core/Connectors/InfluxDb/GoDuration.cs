using System.Globalization;
using TsBackup.Errors;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>Durations as the server prints them, such as <c>168h0m0s</c> or <c>1.5s</c>, in nanoseconds.</summary>
internal static class GoDuration
{
    private static readonly (string Unit, long Nanoseconds)[] Units =
    [
        ("ns", 1), ("us", 1_000), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ];

    /// <summary>Reads a duration.</summary>
    /// <exception cref="TsBackupException">StoreReplyInvalid when it is none.</exception>
    public static long Parse(string text)
    {
        var rest = text.AsSpan();
        decimal total = 0;
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExcept("0123456789.");
            if (digits <= 0
                || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count))
                break;
            rest = rest[digits..];
            var length = rest.IndexOfAny("0123456789");
            var unit = (length < 0 ? rest : rest[..length]).ToString();
            var size = Array.Find(Units, known => known.Unit == unit).Nanoseconds;
            if (size == 0)
                break;
            total += count * size;
            rest = length < 0 ? default : rest[length..];
        }
        return rest.Length == 0 && text.Length > 0 && total <= long.MaxValue
            ? (long)total
            : throw new TsBackupException(ErrorId.StoreReplyInvalid, $"The server names a duration '{text}' that is none.");
    }

    /// <summary>Writes a duration for people; 0 is for ever.</summary>
    public static string Format(long nanoseconds)
    {
        if (nanoseconds == 0)
            return "INF";
        (string, long)[] units =
        [
            ("d", Units[6].Nanoseconds * 24), ("h", Units[6].Nanoseconds), ("m", Units[5].Nanoseconds), ("s", Units[4].Nanoseconds),
        ];
        foreach (var (unit, size) in units)
        {
            if (nanoseconds % size == 0)
                return string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / size}{unit}");
        }
        return string.Create(CultureInfo.InvariantCulture, $"{nanoseconds}ns");
    }
}
