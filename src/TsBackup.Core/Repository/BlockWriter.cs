using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>
/// A run that writes: blocks, then one version (or none). <see cref="PutAsync"/> may be called from many threads; the other members
/// from one at a time, while no put is under way. After an error nothing more can be written; what was stored is found by the next run.
/// </summary>
public sealed class BlockWriter : IAsyncDisposable
{
    private const int PacksPerIndex = 64;

    private readonly BlockRepository _repository;
    private readonly WriterSession _session;
    private readonly PackUploads _uploads;
    private readonly Lock _gate = new();
    private readonly List<int> _notIndexed;
    private readonly List<LogEvent> _events = [];
    private PackBuilder? _pack;
    private int _packNumber;
    private long _newBlocks;
    private long _newBytes;
    private bool _isClosed;

    internal BlockWriter(BlockRepository repository, WriterSession session, List<int> leftovers)
    {
        _repository = repository;
        _session = session;
        _notIndexed = leftovers;
        PacksTakenOver = leftovers.Count;
        _uploads = new PackUploads(repository.Store.Storage, repository.Options, NoteLanded);
    }

    /// <summary>Packs without an index that this run found and took over.</summary>
    public int PacksTakenOver { get; }

    /// <summary>Blocks that this run added so far.</summary>
    public long NewBlocks => Interlocked.Read(ref _newBlocks);

    /// <summary>Bytes of packs and indexes that this run stored so far.</summary>
    public long NewBytes => Interlocked.Read(ref _newBytes);

    /// <summary>Stores a block, unless it is there or under way already.</summary>
    /// <param name="plain">Its bytes, borrowed until the call has returned; at most 512 MiB.</param>
    /// <param name="ct">Stops the call.</param>
    /// <exception cref="TsBackupException">The errors of storage, also those of packs handed over by earlier calls.</exception>
    public async ValueTask<StoredBlock> PutAsync(ReadOnlyMemory<byte> plain, CancellationToken ct)
    {
        if (plain.Length > PackLayout.MaxBlock)
            throw new TsBackupException(ErrorId.ArgumentInvalid, $"A block of {plain.Length} bytes is longer than {PackLayout.MaxBlock}.");
        var id = _repository.IdOf(plain.Span);
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(_isClosed, this);
            PackBuilder? pack = null;
            PackBuilder? full = null;
            var offset = 0;
            lock (_gate)
            {
                if (_repository.Index.CanRelyOn(id))
                    return new StoredBlock(id, false, 0);
                if (_pack is not null && _pack.TryReserve(id, plain.Length, out offset))
                {
                    pack = _pack;
                    _repository.Index.Add(id, new BlockLocation(_packNumber, (uint)offset, (uint)(plain.Length + PackLayout.TagSize)));
                }
                else
                {
                    full = _pack;
                    _pack = null;
                }
            }
            if (pack is not null)
            {
                pack.Seal(id, offset, plain.Span);
                Interlocked.Increment(ref _newBlocks);
                return new StoredBlock(id, true, plain.Length + PackLayout.TagSize);
            }
            if (full is not null)
                await HandOverAsync(full, ct).ConfigureAwait(false);
            await StartPackAsync(plain.Length, ct).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Stores all packs and an index of them, without a version: what was put so far is then found by every later run, whatever
    /// becomes of this one.
    /// </summary>
    public async Task FlushAsync(CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        PackBuilder? last;
        lock (_gate)
        {
            last = _pack;
            _pack = null;
        }
        if (last is not null)
            await HandOverAsync(last, ct).ConfigureAwait(false);
        await _uploads.FinishAsync(ct).ConfigureAwait(false);
        await WriteIndexAsync(ct).ConfigureAwait(false);
        await _session.BeatAsync(ct).ConfigureAwait(false);
    }

    /// <summary>
    /// Commits a version: packs, then index, then the version object, which is the one commit point, then the log. The writer is
    /// closed afterwards.
    /// </summary>
    /// <returns>The header with id and counts filled in.</returns>
    /// <exception cref="TsBackupException">
    /// BlockNotFound when a reference is to no block of this repository; RepositoryBusy when the run was taken for dead; the errors of
    /// storage.
    /// </exception>
    public async Task<VersionHeader> CommitAsync(VersionDraft draft, CancellationToken ct)
    {
        RequireBlocks(draft.References);
        var content = await PutPiecesAsync(draft.Content, ct).ConfigureAwait(false);
        var references = await PutPiecesAsync(Join(draft.References), ct).ConfigureAwait(false);
        await FlushAsync(ct).ConfigureAwait(false);
        var header = draft.Header with
        {
            Id = VersionStore.NewId(draft.Header.Finished == default ? _repository.Store.Clock.GetUtcNow() : draft.Header.Finished),
            NewBlocks = NewBlocks,
            NewBytes = NewBytes,
            ContentBytes = draft.Content.Length,
            References = draft.References.Count,
            ContentPieces = content,
            ReferencePieces = references,
            Removed = null,
        };
        await _session.RequireAliveAsync(ct).ConfigureAwait(false);

        // Read before the commit point: when keys were changed meanwhile, this is where the run stops.
        var head = await _repository.Log.GetEndAsync(ct).ConfigureAwait(false);
        var name = ObjectNames.Version(header.Id);
        var frame = await _repository.Store.PutAsync(
            ObjectKind.Version, name, default, VersionObject.Encode(header), ct).ConfigureAwait(false);
        await ConfirmAsync(name, ct).ConfigureAwait(false);
        _events.Insert(0, new LogEvent(LogAction.Added, name, Convert.ToHexStringLower(frame.Checksum)));
        await _repository.Log.AppendAsync(head, _events, ct).ConfigureAwait(false);
        await CloseAsync().ConfigureAwait(false);
        return header;
    }

    /// <summary>Stores the pieces of a list of references again.</summary>
    /// <returns>Number of pieces that were not there.</returns>
    internal async Task<int> PutListAsync(IReadOnlyCollection<BlockId> ids, CancellationToken ct)
    {
        var before = NewBlocks;
        await PutPiecesAsync(Join(ids), ct).ConfigureAwait(false);
        return (int)(NewBlocks - before);
    }

    /// <summary>Logs the indexes that were written, for a run that commits no version.</summary>
    internal async Task LogIndexesAsync(CancellationToken ct)
    {
        if (_events.Count > 0)
            await _repository.Log.AppendAsync(_events, ct).ConfigureAwait(false);
        _events.Clear();
    }

    /// <summary>Ends the run. Without a commit there is no version; packs that landed are found by the next run.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_isClosed)
            await CloseAsync().ConfigureAwait(false);
    }

    private static byte[] Join(IReadOnlyCollection<BlockId> ids)
    {
        var bytes = new byte[ids.Count * BlockId.Size];
        var at = 0;
        foreach (var id in ids)
        {
            id.CopyTo(bytes.AsSpan(at));
            at += BlockId.Size;
        }
        return bytes;
    }

    private void RequireBlocks(IEnumerable<BlockId> references)
    {
        foreach (var id in references)
        {
            if (!_repository.Index.CanRelyOn(id))
                throw new TsBackupException(
                    ErrorId.BlockNotFound, $"The block '{id}' that the version refers to is not stored.", id.ToString());
        }
    }

    private async Task<List<BlockId>> PutPiecesAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        List<BlockId> pieces = [];
        var at = 0;
        foreach (var length in ContentCutter.Cut(bytes))
        {
            pieces.Add((await PutAsync(bytes.Slice(at, length), ct).ConfigureAwait(false)).Id);
            at += length;
        }
        return pieces;
    }

    private async Task StartPackAsync(int plainLength, CancellationToken ct)
    {
        var buffer = await _uploads.RentAsync(PackBuilder.SizeFor(plainLength), ct).ConfigureAwait(false);
        var pack = new PackBuilder(_repository.Store.Id, _repository.Store.Keys!.Current, buffer);
        lock (_gate)
        {
            if (_pack is null)
            {
                _pack = pack;
                _packNumber = _repository.Index.AddPack(pack.Id);
                return;
            }
        }
        _uploads.Return(buffer);
    }

    private async Task HandOverAsync(PackBuilder pack, CancellationToken ct)
    {
        pack.Close();
        _uploads.Start(pack);
        await _session.BeatAsync(ct).ConfigureAwait(false);
        bool isTime;
        lock (_gate)
            isTime = _notIndexed.Count >= PacksPerIndex;
        if (isTime)
            await WriteIndexAsync(ct).ConfigureAwait(false);
    }

    private void NoteLanded(PackBuilder pack, long length)
    {
        Interlocked.Add(ref _newBytes, length);
        _repository.Index.FindPack(pack.Id)!.Length = length;
        lock (_gate)
            _notIndexed.Add(_repository.Index.NumberOf(pack.Id));
    }

    private async Task WriteIndexAsync(CancellationToken ct)
    {
        HashSet<int> packs;
        lock (_gate)
        {
            packs = [.. _notIndexed];
            _notIndexed.Clear();
        }
        if (packs.Count == 0)
            return;
        var (name, frame) = await IndexWriter.WriteAsync(_repository, packs, ct).ConfigureAwait(false);
        Interlocked.Add(ref _newBytes, frame.Length);
        lock (_gate)
            _events.Add(new LogEvent(LogAction.Added, name, Convert.ToHexStringLower(frame.Checksum)));
    }

    private async Task ConfirmAsync(string version, CancellationToken ct)
    {
        try
        {
            await _session.RequireAliveAsync(ct).ConfigureAwait(false);
        }
        catch (TsBackupException failure) when (failure.Id == ErrorId.RepositoryBusy)
        {
            await _repository.Store.Storage.DeleteAsync(version, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    private async Task CloseAsync()
    {
        _isClosed = true;
        await _uploads.StopAsync().ConfigureAwait(false);
        _repository.Index.ForgetUnfinished();
        _repository.NoteWriterEnded();
        try
        {
            await _session.EndAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (TsBackupException failure) when (failure.Kind == ErrorKind.StorageWrite || failure.Kind == ErrorKind.Permission)
        {
            // A session that stays only delays compaction; it must not hide how the run went.
        }
    }
}
