using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.Files;

/// <summary>
/// Writes slices as files of their own, numbered so that what is written last counts. What line protocol cannot say is counted as
/// failed, with the reason.
/// </summary>
internal sealed class FileStoreWriter : IStoreWriter
{
    private const int MaxOpenFiles = 64;

    private readonly FileFolder _folder;
    private readonly string _root;
    private readonly bool _packed;
    private readonly RestoreTarget _target;
    private readonly Lock _placing = new();
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);
    private readonly SupersededFiles _superseded;
    private long _sequence;

    public FileStoreWriter(FileFolder folder, bool packed, RestoreTarget target)
    {
        var present = folder.List();
        _folder = folder;
        _root = folder.Root;
        _packed = packed;
        _sequence = present.Select(file => file.Sequence).Append(0).Max();
        _superseded = new SupersededFiles(present);
        _target = target;
    }

    public async Task<WriteOutcome> WriteAsync(SliceGroup group, IAsyncEnumerable<SliceEvent> rows, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var open = new Dictionary<Slice, SliceFileWriter>();
        var account = new WriteAccount();
        try
        {
            await foreach (var part in rows.WithCancellation(cancellation).ConfigureAwait(false))
                Guarded(() => Take(part, open, account));
            foreach (var writer in open.Values)
                Guarded(() => Place(writer, account));
            return account.Outcome();
        }
        finally
        {
            foreach (var writer in open.Values)
                Guarded(writer.Dispose);
        }
    }

    public Task<IReadOnlyList<SettingOutcome>> CompleteAsync(CancellationToken cancellation)
    {
        Guarded(() =>
        {
            if (_target.Catalog.Settings.Count > 0)
                SettingsFile.Merge(_root, _target.Catalog.Settings);
            foreach (var folder in _folders.Append(_root))
                FolderSync.Flush(folder);
        });
        var remark = $"Kept in {SettingsFile.Name}; files act on no settings.";
        return Task.FromResult<IReadOnlyList<SettingOutcome>>(
            [.. _target.Catalog.Settings.Select(setting => new SettingOutcome(setting.Kind, setting.Name, true, remark))]);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Writing(error, _root);
        }
    }

    private void Take(SliceEvent part, Dictionary<Slice, SliceFileWriter> open, WriteAccount account)
    {
        if (part is SliceRows rows)
        {
            using var batch = rows.Batch;
            if (FileNames.FolderOf(rows.Slice.Table.Group) is not { } folder)
            {
                account.Fail(rows.Slice, batch.RowCount, $"The group name '{rows.Slice.Table.Group}' is too long for a folder.");
                return;
            }
            if (!open.TryGetValue(rows.Slice, out var writer))
            {
                writer = new SliceFileWriter(rows.Slice, Path.Combine(_root, folder), _packed);
                open.Add(rows.Slice, writer);
            }
            if (!writer.IsOpen && open.Values.Count(each => each.IsOpen) >= MaxOpenFiles)
                open.Values.First(each => each.IsOpen).Suspend();
            writer.Append(batch);
        }
        else if (open.Remove(part.Slice, out var writer))
        {
            using (writer)
                Place(writer, account);
        }
    }

    private void Place(SliceFileWriter writer, WriteAccount account)
    {
        var table = writer.Slice.Table;
        var folder = Path.Combine(_root, FileNames.FolderOf(table.Group)!);
        var stem = FileNames.SliceStem(table, writer.Slice.Window);
        if (writer.Rows > 0)
        {
            writer.BringToDisk();
            lock (_placing)
            {
                _superseded.Add(writer.Place(FileNames.SliceFile(stem, ++_sequence, _packed)));
                _folders.Add(folder);
                _folder.Expire();
            }
        }
        account.Write(writer.Rows);
        foreach (var refusal in writer.Refusals)
            account.Fail(writer.Slice, refusal.Rows, refusal.Reason);
    }

    private sealed class WriteAccount
    {
        private readonly List<WriteFailure> _failures = [];
        private long _written;

        public void Write(long rows) => _written += rows;

        public void Fail(Slice slice, long rows, string reason)
        {
            var at = _failures.FindIndex(failure => failure.Slice == slice && failure.Reason == reason);
            if (at >= 0)
                _failures[at] = _failures[at] with { Rows = _failures[at].Rows + rows };
            else
                _failures.Add(new WriteFailure(slice, rows, nameof(ErrorId.StoreWriteRejected), reason));
        }

        public WriteOutcome Outcome() => new(_written, _failures.Sum(failure => failure.Rows), _failures);
    }
}
