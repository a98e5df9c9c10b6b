using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol.Messages;

namespace TsBackup.Connectors.Tablestore;

/// <summary>Tells by a range of versions whether a split is as an earlier backup noted it (<see cref="SplitNote"/>).</summary>
internal sealed class SplitWatch(TablestoreClient client, TableDirectory directory, ConnectorOptions options)
{
    // The check reads keys and one cell of each row twice over; it must be less than what it saves.
    private const int LeastCellsPerRow = 4;

    /// <summary>The hasher for a slice that is read; null when no note can be made of it.</summary>
    public static SplitHasher? Start(Slice slice, DescribeTableResponse table) =>
        SplitNote.IsPossible(table.Options!) && slice.Window.First == 0 && slice.Window.Last != long.MaxValue && slice.Partition.Length > 0
            ? new SplitHasher(SplitNote.SinceOf(slice, table.Options!))
            : null;

    /// <summary>The note on a slice that was read to its end; null when the next check would cost about as much as reading.</summary>
    public static string? Finish(SplitHasher hasher, Slice slice, DescribeTableResponse table) =>
        hasher.Rows == 0 || hasher.Cells < LeastCellsPerRow * hasher.Rows || hasher.RecentCells > hasher.Cells / 2
            ? null
            : new SplitNote(
                SplitNote.SinceOf(slice, table.Options!),
                hasher.Oldest,
                SplitNote.TableOf(table),
                hasher.Digest(),
                hasher.Filled()).ToString();

    /// <summary>True when the split certainly has not changed since.</summary>
    public async Task<bool> IsUnchangedAsync(Slice slice, string fingerprint, CancellationToken cancellation)
    {
        if (SplitNote.Parse(fingerprint) is not { } note || slice.Window.First != 0 || slice.Window.Last == long.MaxValue)
            return false;
        try
        {
            var table = await directory.DescribeAsync(slice.Table.Name, cancellation).ConfigureAwait(false);
            if (!SplitNote.IsPossible(table.Options!) || note.Table != SplitNote.TableOf(table) || HasExpired(note, table.Options!))
                return false;
            var scan = new WideScan(client.Endpoint.Full(slice.Table.Name), slice, table);
            var isSame = note.Digest == await RowsAsync(scan, note, cancellation).ConfigureAwait(false)
                && note.Filled == await FilledAsync(scan, cancellation).ConfigureAwait(false);
            options.Log?.Invoke($"{slice} {(isSame ? "is as it was" : "has changed")}, by the range of versions from {note.Since} on.");
            return isSame;
        }
        catch (TsBackupException e)
        {
            options.Log?.Invoke($"{slice} is read, because its versions cannot be looked at: {e.Message}");
            return false;
        }
    }

    private bool HasExpired(SplitNote note, TableOptions table) => table.TimeToLive is > 0 and var seconds
        && note.Oldest < client.ServiceTime.ToUnixTimeMilliseconds() - (seconds * 1000L) + SplitNote.SlackMs;

    /// <summary>All keys, and cells from the noted version on, with no end: what lies beyond the cut is a change too.</summary>
    private async Task<string> RowsAsync(WideScan scan, SplitNote note, CancellationToken cancellation)
    {
        using var hasher = new SplitHasher(note.Since);
        var recent = scan.Narrowed(new VersionRange { Start = note.Since, End = long.MaxValue }, scan.MaxVersions, default);
        await foreach (var piece in new WideRows(client, recent).ReadAsync(cancellation).ConfigureAwait(false))
            hasher.Add(piece);
        return hasher.Digest();
    }

    /// <summary>The keys of the rows that have cells, by one cell of each.</summary>
    private async Task<string> FilledAsync(WideScan scan, CancellationToken cancellation)
    {
        using var hasher = new SplitHasher(long.MaxValue);
        var first = scan.Narrowed(scan.Versions, 1, PaginationFilter.Of(0, 1));
        await foreach (var piece in new WideRows(client, first).ReadAsync(cancellation).ConfigureAwait(false))
            hasher.Add(piece);
        return hasher.Filled();
    }
}
