using System.Globalization;
using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>
/// A place in the log of a repository. A client that remembers the last one it saw notices later when the repository was set back.
/// </summary>
/// <param name="Repository">Id of the repository.</param>
/// <param name="Sequence">Number of the entry; 0 before the first.</param>
/// <param name="Checksum">Checksum of the entry in hexadecimal digits: it covers all entries before.</param>
public sealed record LogPosition(string Repository, long Sequence, string Checksum)
{
    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="TsBackupException">ArgumentInvalid.</exception>
    public static LogPosition Parse(string text)
    {
        var parts = text.Split(':');
        return parts.Length == 3
            && parts[0].Length == 32 && parts[0].All(char.IsAsciiHexDigitLower)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            && parts[2].All(char.IsAsciiHexDigitLower) && (parts[2].Length == 64 || (sequence == 0 && parts[2].Length == 0))
            ? new LogPosition(parts[0], sequence, parts[2])
            : throw new TsBackupException(
                ErrorId.ArgumentInvalid, $"'{text}' is not a position in the log of a repository.", text, "Give what LogPosition shows.");
    }

    /// <summary>The three parts, joined by colons.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Repository}:{Sequence}:{Checksum}");
}
