using System.Globalization;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol.Messages;

namespace TsBackup.Connectors.Tablestore;

/// <summary>
/// What a backup notes about a split of a wide-column table, so that the next one can tell by a range of versions whether the split has
/// changed. That is possible exactly for tables that do not allow updates:
/// <list type="bullet">
/// <item>There a row is only put as a whole or deleted as a whole. With updates allowed, single columns and versions are deleted without
/// a trace, and only a full read shows it.</item>
/// <item>A version number lies within the table's version offset of the moment of the write. So every cell of a row that was put after
/// the noted time has a version from <see cref="Since"/> on, and a read from there on shows it.</item>
/// <item>A row that was deleted, or is new without cells, shows by the keys, which such a read returns for every row.</item>
/// <item>A row that was put without cells shows by a second read of one cell of each row.</item>
/// <item>Nothing has expired while <see cref="Oldest"/> is within the time to live.</item>
/// </list>
/// Options that were changed and changed back between two backups leave no mark either; <c>--full</c> reads everything.
/// </summary>
/// <param name="Since">First version in ms from which all cells are in the digest.</param>
/// <param name="Oldest">Oldest version in the split.</param>
/// <param name="Table">Which table this was, with the options that matter.</param>
/// <param name="Digest">Over all keys, and cells from <see cref="Since"/> on.</param>
/// <param name="Filled">Over the keys of rows that have cells.</param>
internal sealed record SplitNote(long Since, long Oldest, string Table, string Digest, string Filled)
{
    /// <summary>More than the difference of clocks that the service lets pass.</summary>
    public const long SlackMs = 30 * 60 * 1000;

    /// <summary>How changes of a time-series table are found, in words.</summary>
    public const string MethodOfSeries = "by reading in full: points have no versions";

    private const string Mark = "versions-1";

    /// <summary>True when a range of versions tells of every change in such a table.</summary>
    public static bool IsPossible(TableOptions options) => options.AllowUpdate == false;

    /// <summary>How changes of such a table are found, in words.</summary>
    public static string MethodOf(TableOptions options) => IsPossible(options)
        ? "by a range of versions where most cells are older: the table allows no updates"
        : "by reading in full: the table allows updates, which can delete cells without a trace";

    /// <summary>First version that a write after the end of the slice's window can have made.</summary>
    public static long SinceOf(Slice slice, TableOptions options)
    {
        var cut = slice.Window.Last / TableColumns.NanosPerMilli;
        var offset = Math.Min(options.MaxVersionOffset ?? 86_400, long.MaxValue / 4000) * 1000;
        return Math.Max(0, cut - offset - SlackMs);
    }

    /// <summary>Which table this is: another one of the same name, or one with other options, has another text.</summary>
    public static string TableOf(DescribeTableResponse table)
    {
        var options = table.Options!;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{table.CreationTime}/{options.TimeToLive}/{options.MaxVersions}/{options.MaxVersionOffset}/"
                + $"{options.AllowUpdate}/{options.UpdateFullRow}");
    }

    /// <summary>Reads a text; null when it is none of ours.</summary>
    public static SplitNote? Parse(string text)
    {
        var parts = text.Split(';');
        return parts.Length == 6
            && parts[0] == Mark
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var since)
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var oldest)
            ? new SplitNote(since, oldest, parts[3], parts[4], parts[5])
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Mark};{Since};{Oldest};{Table};{Digest};{Filled}");
}
