using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TsBackup.Model;

namespace TsBackup.Connectors.Files;

/// <summary>
/// Names of folders and files. A group of tables is a sub-folder (with slashes, nested ones). Files written by this connector are
/// called <c>table.first-end.sNNNNNNNNNN.lp[.gz]</c>; the number orders them, and they all come after files of other origin: where two
/// files hold a field of one series and time, the later file counts.
/// </summary>
internal static class FileNames
{
    public const string Plain = ".lp";
    public const string Packed = ".lp.gz";
    public const string Temporary = ".tsbackup-tmp";
    private const int MaxEncoded = 100;
    private const int SequenceDigits = 10;

    /// <summary>True for a file that holds line protocol.</summary>
    public static bool IsData(string name) =>
        name.EndsWith(Plain, StringComparison.OrdinalIgnoreCase) || name.EndsWith(Packed, StringComparison.OrdinalIgnoreCase);

    /// <summary>Relative folder of a group; null when the name is too long for a folder.</summary>
    public static string? FolderOf(string group)
    {
        if (group.Length == 0)
            return "";
        var parts = group.Split('/');
        if (parts.Contains(""))
            parts = [group];
        var encoded = parts.Select(Encode).ToArray();
        return encoded.Any(part => part.Length > 2 * MaxEncoded) ? null : Path.Combine(encoded);
    }

    /// <summary>Group of a relative folder with slashes.</summary>
    public static string GroupOf(string folder) => string.Join('/', folder.Split('/').Select(Decode));

    /// <summary>File name of a slice without number and ending.</summary>
    public static string SliceStem(TableId table, TimeRange window)
    {
        var name = Encode(table.Name);
        if (name.Length > MaxEncoded)
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(table.Name)).AsSpan(0, 8));
            name = string.Concat(name.AsSpan(0, MaxEncoded - 20), "~", hash);
        }
        return window == TimeRange.All ? $"{name}.all" : $"{name}.{Instant(window.First)}-{Instant(window.Last)}";
    }

    /// <summary>File name of a slice.</summary>
    public static string SliceFile(string stem, long sequence, bool packed) =>
        $"{stem}.s{sequence.ToString("D10", CultureInfo.InvariantCulture)}{(packed ? Packed : Plain)}";

    /// <summary>The number in the name of a file written by this connector; −1 for any other file.</summary>
    public static long SequenceOf(string name, out string stem)
    {
        stem = name.EndsWith(Packed, StringComparison.Ordinal) ? name[..^Packed.Length]
            : name.EndsWith(Plain, StringComparison.Ordinal) ? name[..^Plain.Length] : "";
        var mark = stem.Length - SequenceDigits - 2;
        if (mark <= 0 || stem[mark] != '.' || stem[mark + 1] != 's'
            || !long.TryParse(stem.AsSpan(mark + 2), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
            return -1;
        stem = stem[..mark];
        return sequence;
    }

    private static string Instant(long time)
    {
        if (time is long.MinValue or long.MaxValue)
            return time < 0 ? "min" : "max";
        var text = TimeText.Format(time);
        return text.Replace(":", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
    }

    private static string Encode(string text)
    {
        var result = new StringBuilder();
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'_' or (byte)'-' || (b == '.' && result.Length > 0))
                result.Append((char)b);
            else
                result.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        }
        return result.ToString();
    }

    private static string Decode(string part)
    {
        // A folder made by somebody else keeps its name, whatever percent signs it has.
        var decoded = Uri.UnescapeDataString(part);
        return Encode(decoded) == part ? decoded : part;
    }
}
