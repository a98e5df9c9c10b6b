using TsBackup.Errors;
using TsBackup.Repository;
using TsBackup.Storage;

namespace TsBackup.Operations;

/// <summary>
/// Makes a damaged repository sound: indexes are made again from packs, good blocks of damaged packs are stored anew, lost slices are
/// taken from other versions and other repositories. A version that stays hurt is replaced by an Incomplete one that names what is lost.
/// </summary>
public sealed class RepairOperation
{
    private const string RepairedFromProperty = "repaired-from";

    private readonly RepositoryConnection _repository;
    private readonly IReadOnlyList<RepositoryConnection> _sources;
    private readonly IOperationObserver _observer;
    private readonly SliceSalvage _salvage;
    private readonly List<BackupRepairedVersion> _versions = [];
    private long _copied;

    private RepairOperation(
        RepositoryConnection repository, IReadOnlyList<RepositoryConnection> sources, IOperationObserver observer)
    {
        _repository = repository;
        _sources = sources;
        _observer = observer;
        _salvage = new SliceSalvage(repository, sources);
    }

    /// <summary>Repairs a repository. Backups may run meanwhile; stopped at any point, the next repair goes on.</summary>
    /// <param name="repository">The repository, opened with a key that may read.</param>
    /// <param name="sources">Other repositories to take from, in order of preference; their keys may be others.</param>
    /// <param name="observer">Told of progress.</param>
    /// <param name="cancellation">Stops the repair.</param>
    /// <exception cref="TsBackupException">
    /// KeyCannotRead; ArgumentInvalid when it is to be healed from itself; the errors of storage.
    /// </exception>
    public static async Task<BackupRepair> RunAsync(
        RepositoryConnection repository,
        IReadOnlyList<RepositoryConnection> sources,
        IOperationObserver observer,
        CancellationToken cancellation)
    {
        RequireOthers(repository, sources);
        return await new RepairOperation(repository, sources, observer).RunAsync(isPlan: false, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Says what a repair would do, by trying it: all that it would store goes to a temporary folder, which needs room for it, and the
    /// repository is only read.
    /// </summary>
    /// <param name="location">Folder or URI of the repository.</param>
    /// <param name="key">Opens it; must be allowed to read.</param>
    /// <param name="sources">Other repositories to take from, in order of preference.</param>
    /// <param name="observer">Told of progress.</param>
    /// <param name="cancellation">Stops the trial.</param>
    /// <exception cref="TsBackupException">
    /// As <see cref="RunAsync(RepositoryConnection, IReadOnlyList{RepositoryConnection}, IOperationObserver, CancellationToken)"/>.
    /// </exception>
    public static async Task<BackupRepair> PlanAsync(
        string location,
        KeySource key,
        IReadOnlyList<RepositoryConnection> sources,
        IOperationObserver observer,
        CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("tsbackup-repair-");
        try
        {
            var storage = new TrialStorage(StorageFactory.Open(location), new LocalStorage(folder.FullName));
            Task<RepositoryConnection> Open() => RepositoryConnection.OpenAsync(storage, key, cancellation);
            await using var repository = await OpenAsync(storage, key, Open, observer, cancellation).ConfigureAwait(false);
            RequireOthers(repository, sources);
            return await new RepairOperation(repository, sources, observer).RunAsync(isPlan: true, cancellation).ConfigureAwait(false);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Opens a repository that is to be repaired: its config is made again first when it is damaged or gone.</summary>
    /// <param name="location">Folder or URI of the repository.</param>
    /// <param name="key">Opens it.</param>
    /// <param name="seen">What this client saw; null = nothing is remembered.</param>
    /// <param name="observer">Told when the config is made again.</param>
    /// <param name="cancellation">Stops the opening.</param>
    /// <exception cref="TsBackupException">
    /// As <see cref="RepositoryConnection.OpenAsync(string, KeySource?, SeenPositions?, CancellationToken)"/>.
    /// </exception>
    public static async Task<RepositoryConnection> OpenAsync(
        string location, KeySource key, SeenPositions? seen, IOperationObserver observer, CancellationToken cancellation)
    {
        await using var storage = StorageFactory.Open(location);
        Task<RepositoryConnection> Open() => RepositoryConnection.OpenAsync(location, key, seen, cancellation);
        return await OpenAsync(storage, key, Open, observer, cancellation).ConfigureAwait(false);
    }

    private static async Task<RepositoryConnection> OpenAsync(
        IStorage storage, KeySource key, Func<Task<RepositoryConnection>> open, IOperationObserver observer, CancellationToken cancellation)
    {
        try
        {
            return await open().ConfigureAwait(false);
        }
        catch (TsBackupException e) when (e.Id == ErrorId.ConfigDamaged)
        {
            await BlockRepository.RebuildConfigAsync(storage, key, cancellation).ConfigureAwait(false);
            observer.Warning($"{e.Message} It is made again from what the other objects say.");
            return await open().ConfigureAwait(false);
        }
    }

    private static void RequireOthers(RepositoryConnection repository, IReadOnlyList<RepositoryConnection> sources)
    {
        if (sources.Any(source => source.Location == repository.Location))
            throw new TsBackupException(ErrorId.ArgumentInvalid, "A repository cannot be healed from itself.", repository.Location);
    }

    private async Task<BackupRepair> RunAsync(bool isPlan, CancellationToken cancellation)
    {
        _observer.Verbose($"Checking the bytes of {_repository.Location}.");
        var result = await new Repair(_repository.Repository, RepairOptions.Default).RunAsync(cancellation).ConfigureAwait(false);
        var hurt = new List<VersionHeader>();
        await foreach (var header in _repository.Repository.ListVersionsAsync(cancellation).ConfigureAwait(false))
        {
            if (result.VersionsHurt.ContainsKey(header.Id))
                hurt.Add(header);
        }
        foreach (var header in hurt)
            _versions.Add(await MendAsync(header, cancellation).ConfigureAwait(false));
        foreach (var name in result.ObjectsDropped.Where(name => ObjectNames.KindOf(name) == ObjectKind.Version))
            _versions.Add(await BringBackAsync(ObjectNames.Leaf(name), cancellation).ConfigureAwait(false));
        return new BackupRepair
        {
            Repository = _repository.Location,
            IsPlan = isPlan,
            ObjectsDropped = result.ObjectsDropped,
            PacksIndexed = result.PacksIndexed,
            BlocksSaved = result.BlocksSaved,
            BlocksHealed = _salvage.BlocksHealed + _copied,
            Versions = isPlan ? [.. _versions.Select(WithoutNewId)] : _versions,
        };
    }

    /// <summary>The id that a trial gave to a replacement is not the one that the repair will give.</summary>
    private static BackupRepairedVersion WithoutNewId(BackupRepairedVersion version) => version.ReplacementId == version.VersionId
        ? version
        : new BackupRepairedVersion
        {
            VersionId = version.VersionId,
            Store = version.Store,
            Outcome = version.Outcome,
            RowsLost = version.RowsLost,
            Lost = version.Lost,
        };

    /// <summary>Takes a version whose own object is gone from a repository that it was copied to.</summary>
    private async Task<BackupRepairedVersion> BringBackAsync(string id, CancellationToken cancellation)
    {
        foreach (var source in _sources)
        {
            if (await FindCopyAsync(
                source, VersionOrigin.Of(id, _repository.Repository), cancellation).ConfigureAwait(false) is not { } twin)
                continue;
            try
            {
                var copy = await CopyOperation.RunAsync(source, _repository, twin, _observer, cancellation).ConfigureAwait(false);
                _copied += copy.BlocksCopied;
                return new BackupRepairedVersion
                {
                    VersionId = id,
                    Store = twin.Store,
                    Outcome = twin.State == VersionState.Complete ? BackupRepairOutcome.Replaced : BackupRepairOutcome.Incomplete,
                    ReplacementId = copy.CopyId,
                };
            }
            catch (TsBackupException e) when (BlockSource.IsLoss(e))
            {
                _observer.Warning($"Version {id} cannot be taken from {source.Location}: {e.Message}");
            }
        }
        return Lost(new VersionHeader { Id = id }, $"The version object of {id} is damaged or gone, and no copy of it was given.");
    }

    private async Task<BackupRepairedVersion> MendAsync(VersionHeader header, CancellationToken cancellation)
    {
        var (content, reasons, isOwn) = await ReadContentAsync(header, cancellation).ConfigureAwait(false);
        if (content is null)
        {
            await _repository.Repository.Removal.RemoveAsync(header.Id, force: true, cancellation).ConfigureAwait(false);
            return Lost(header, $"What version {header.Id} holds cannot be read any more, and no copy of it was given.");
        }
        await using var writer = await _repository.Repository.BeginWriteAsync(cancellation).ConfigureAwait(false);
        var problems = new Problems(header.Id);
        var groups = new List<GroupEntry>();
        var isSame = isOwn;
        foreach (var group in content.Groups)
        {
            var slices = new List<SliceEntry>();
            foreach (var slice in group.Slices)
            {
                slices.Add(await MendAsync(slice, isOwn, writer, problems, cancellation).ConfigureAwait(false));
                isSame &= slices[^1].IsComplete == slice.IsComplete && slices[^1].Blocks.SequenceEqual(slice.Blocks);
            }
            groups.Add(group with { Slices = slices, Fingerprint = slices.TrueForAll(s => s.IsComplete) ? group.Fingerprint : null });
        }
        await writer.FlushAsync(cancellation).ConfigureAwait(false);
        await writer.LogIndexesAsync(cancellation).ConfigureAwait(false);
        if (isSame && await IsWholeAsync(header, cancellation).ConfigureAwait(false))
        {
            return new BackupRepairedVersion
            {
                VersionId = header.Id,
                Store = header.Store,
                Outcome = BackupRepairOutcome.Healed,
                ReplacementId = header.Id,
            };
        }
        foreach (var reason in reasons)
            problems.Add(ErrorId.BlockNotFound, reason, header.Id);
        return await ReplaceAsync(header, content with { Groups = groups }, reasons, writer, problems, cancellation).ConfigureAwait(false);
    }

    private async Task<SliceEntry> MendAsync(
        SliceEntry slice, bool isOwn, BlockWriter writer, Problems problems, CancellationToken cancellation)
    {
        if (!slice.IsComplete || slice.Blocks.Count == 0 || (isOwn && _salvage.IsWhole(slice)))
            return slice;
        if (await _salvage.FindAsync(slice, writer, cancellation).ConfigureAwait(false) is { } found)
            return found;
        const string Reason = "its blocks are damaged or gone, and no other version or copy has its rows.";
        problems.Add(ErrorId.BlockNotFound, $"{slice.Slice} is lost: {Reason}", slice.Blocks[0].Id.ToString(), slice.Slice);
        return slice with { Blocks = [], FailureId = nameof(ErrorId.BlockNotFound), FailureMessage = "Lost: " + Reason };
    }

    private async Task<BackupRepairedVersion> ReplaceAsync(
        VersionHeader header,
        VersionContent content,
        IReadOnlyList<string> reasons,
        BlockWriter writer,
        Problems problems,
        CancellationToken cancellation)
    {
        var (root, pieces) = await VersionContentFormat.WriteAsync(
            content,
            async (block, token) => (await writer.PutAsync(block, token).ConfigureAwait(false)).Id,
            cancellation).ConfigureAwait(false);
        List<BlockId> ids = [.. pieces, .. content.Slices.Where(s => s.IsComplete).SelectMany(s => s.Blocks).Select(b => b.Id)];
        var properties = new Dictionary<string, string>(header.Properties, StringComparer.Ordinal)
        {
            [RepairedFromProperty] = header.Id,
        };

        // Only what has the same rows may pass for the version that it stands for: a copy would not be made of it otherwise.
        properties.Remove(VersionOrigin.Property);
        if (problems.Count == 0)
            properties[VersionOrigin.Property] = VersionOrigin.Of(header, _repository.Repository);
        else
            properties.Remove(VersionTwin.RunProperty);
        var replaced = VersionTotals.Apply(header with { Properties = properties }, content, reasons);
        var draft = new VersionDraft { Header = replaced, Content = root, References = ids };
        var replacement = await writer.CommitAsync(draft, cancellation).ConfigureAwait(false);
        await _repository.Repository.Removal.RemoveAsync(header.Id, force: true, cancellation).ConfigureAwait(false);
        var lost = problems.ToList();
        return new BackupRepairedVersion
        {
            VersionId = header.Id,
            Store = header.Store,
            Outcome = lost.Count > 0 ? BackupRepairOutcome.Incomplete : BackupRepairOutcome.Replaced,
            ReplacementId = replacement.Id,
            RowsLost = header.Rows - replacement.Rows,
            Lost = lost,
        };
    }

    /// <summary>What the version holds: read here, else from a copy, else as many of its pages as can be read.</summary>
    private async Task<(VersionContent? Content, IReadOnlyList<string> Reasons, bool IsOwn)> ReadContentAsync(
        VersionHeader header, CancellationToken cancellation)
    {
        if (await SliceSalvage.TryReadAsync(_repository, header, cancellation).ConfigureAwait(false) is { } own)
            return (own, [], true);
        foreach (var source in _sources)
        {
            if (await VersionTwin.FindAsync(header, _repository, source, cancellation).ConfigureAwait(false) is { } twin
                && await SliceSalvage.TryReadAsync(source, twin, cancellation).ConfigureAwait(false) is { } content)
            {
                return (content, [], false);
            }
        }
        var (pages, reasons) = await VersionReader.ReadRestAsync(_repository, header, cancellation).ConfigureAwait(false);
        return (pages, reasons, true);
    }

    private async Task<bool> IsWholeAsync(VersionHeader header, CancellationToken cancellation)
    {
        if (!header.ContentPieces.Concat(header.ReferencePieces).All(_repository.Repository.ContainsBlock))
            return false;
        var references = await _repository.Repository.ReadReferencesAsync(header, cancellation).ConfigureAwait(false);
        return references.All(_repository.Repository.ContainsBlock);
    }

    private static async Task<VersionHeader?> FindCopyAsync(RepositoryConnection source, string origin, CancellationToken cancellation)
    {
        await foreach (var header in source.Repository.ListVersionsAsync(cancellation).ConfigureAwait(false))
        {
            if (VersionOrigin.Of(header, source.Repository) == origin)
                return header;
        }
        return null;
    }

    private static BackupRepairedVersion Lost(VersionHeader header, string message)
    {
        var problems = new Problems(header.Id);
        problems.Add(ErrorId.VersionDamaged, message, header.Id);
        return new BackupRepairedVersion
        {
            VersionId = header.Id,
            Store = header.Store,
            Outcome = BackupRepairOutcome.Lost,
            RowsLost = header.Rows,
            Lost = problems.ToList(),
        };
    }
}
