using System.Globalization;
using System.Reflection;
using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>
/// Backs a store up: plans slices, takes over what has not changed, reads the rest in parallel, encodes and stores it, and commits one
/// version per repository. Interrupted at any point, earlier versions stay as they were and the next run finds every stored block.
/// </summary>
public sealed class BackupOperation
{
    // When a source is gone, every further group would wait through all its retries; after so many in a row the rest is given up.
    private const int LostConnectionLimit = 2;

    private readonly BackupRequest _request;
    private readonly List<BackupDestination> _destinations = [];
    private readonly Dictionary<RepositoryConnection, TsBackupException> _notOpened = [];
    private readonly string _scope;
    private readonly DateTimeOffset _started;
    private readonly string _run = Guid.NewGuid().ToString("N");
    private int _lostConnections;
    private TsBackupException? _sourceLost;

    private BackupOperation(BackupRequest request)
    {
        _request = request;
        _scope = ScopeText.Format(request.Scope);
        _started = request.Clock.GetUtcNow();
    }

    /// <summary>Runs a backup.</summary>
    /// <returns>One outcome per repository, in their order. An Incomplete version is a version.</returns>
    /// <exception cref="TsBackupException">
    /// The store cannot be described or planned, the scope is empty, or every repository failed.
    /// </exception>
    /// <exception cref="OperationCanceledException">Stopped; what was stored is found by the next run.</exception>
    public static async Task<IReadOnlyList<BackupOutcome>> RunAsync(BackupRequest request, CancellationToken cancellation)
    {
        if (request.Repositories.Count == 0)
            throw new TsBackupException(ErrorId.ArgumentInvalid, "No repository is given to back up to.");
        var operation = new BackupOperation(request);
        try
        {
            return await operation.RunCoreAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            foreach (var destination in operation._destinations)
                await destination.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<BackupOutcome>> RunCoreAsync(CancellationToken cancellation)
    {
        var connector = _request.Connector;
        var plan = _request.Plan
            ?? await BackupPlan.MakeAsync(connector, _request.Scope, _request.Observer, _request.Clock, cancellation).ConfigureAwait(false);
        var groups = plan.Groups;

        await OpenDestinationsAsync(cancellation).ConfigureAwait(false);
        var reused = await FindReusedAsync(groups, cancellation).ConfigureAwait(false);
        if (!await CheckDestinationsAsync(groups, reused, cancellation).ConfigureAwait(false))
            reused = await FindReusedAsync(groups, cancellation).ConfigureAwait(false);
        var read = await ReadGroupsAsync(groups, reused, cancellation).ConfigureAwait(false);
        var committed = new Dictionary<RepositoryConnection, BackupOutcome>();
        foreach (var destination in _destinations)
        {
            committed[destination.Connection] = await CommitAsync(
                destination, ScopedCatalog(plan.Catalog), groups, reused, read, plan.Cut, cancellation).ConfigureAwait(false);
        }
        foreach (var slice in read.SelectMany(slices => slices ?? []))
            slice.Dispose();
        BackupOutcome[] outcomes =
        [
            .. _request.Repositories.Select(connection => committed.TryGetValue(connection, out var outcome)
                ? outcome
                : new BackupOutcome(connection.Location, null, _notOpened[connection])),
        ];
        return outcomes.Any(o => o.Version is not null) ? outcomes : throw outcomes[0].Error!;
    }

    /// <summary>Begins a run in each repository. One that takes none is left out as long as another does.</summary>
    private async Task OpenDestinationsAsync(CancellationToken cancellation)
    {
        foreach (var connection in _request.Repositories)
        {
            try
            {
                _destinations.Add(await OpenDestinationAsync(connection, cancellation).ConfigureAwait(false));
            }
            catch (TsBackupException e)
            {
                _notOpened[connection] = e;
            }
        }
        if (_destinations.Count == 0)
            throw _notOpened[_request.Repositories[0]];
    }

    /// <summary>Looks before anything is read for what would make a repository fail later, such as too little room.</summary>
    /// <returns>False when a repository is left out.</returns>
    private async Task<bool> CheckDestinationsAsync(
        IReadOnlyList<SliceGroup> groups, GroupEntry?[]?[] reused, CancellationToken cancellation)
    {
        var toRead = groups.Where((_, i) => reused[i] is null).ToArray();
        foreach (var destination in _destinations)
        {
            try
            {
                await BackupPreflight
                    .CheckRepositoryAsync(destination.Connection, _request.Connector.Capabilities, toRead, _request, cancellation)
                    .ConfigureAwait(false);
            }
            catch (TsBackupException e)
            {
                destination.Fail(e);
            }
        }
        return _destinations.TrueForAll(destination => !destination.IsAlive)
            ? throw _destinations[0].Error!
            : _destinations.TrueForAll(destination => destination.IsAlive);
    }

    private Catalog ScopedCatalog(Catalog catalog) => catalog with
    {
        Tables = [.. catalog.Tables.Where(table => _request.Scope.Covers(table.Id))],
        Settings = _request.Scope.Settings
            ? [.. catalog.Settings.Where(s => s.Table is not { } table || _request.Scope.Covers(table))]
            : [],
    };

    private async Task<BackupDestination> OpenDestinationAsync(RepositoryConnection connection, CancellationToken cancellation)
    {
        var writer = await connection.Repository.BeginWriteAsync(cancellation).ConfigureAwait(false);
        try
        {
            var destination = new BackupDestination(connection, writer, _destinations.Count);
            if (!_request.Full && !connection.Repository.CanRead)
            {
                _request.Observer.Verbose(
                    $"The key of {connection.Location} may write but not read, so everything is read from the store; "
                    + "what is stored is not stored again.");
            }
            else if (!_request.Full)
            {
                destination.Previous = await PreviousVersion
                    .FindAsync(connection, _request.Connector.Address.ToString(), _scope, _request.Observer, cancellation)
                    .ConfigureAwait(false);
            }
            return destination;
        }
        catch
        {
            await writer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Per group: the previous entries per destination, when every living destination has it unchanged; else null.</summary>
    private async Task<GroupEntry?[]?[]> FindReusedAsync(IReadOnlyList<SliceGroup> groups, CancellationToken cancellation)
    {
        var reused = new GroupEntry?[]?[groups.Count];
        var living = _destinations.FindAll(destination => destination.IsAlive);
        if (!living.TrueForAll(d => d.Previous is not null))
            return reused;
        var options = new ParallelOptions { MaxDegreeOfParallelism = _request.Parallelism, CancellationToken = cancellation };
        await Parallel.ForAsync(
            0,
            groups.Count,
            options,
            async (i, token) =>
            {
                var entries = new GroupEntry?[_destinations.Count];
                foreach (var destination in living)
                {
                    var entry = await destination.Previous!.UnchangedAsync(_request.Connector, groups[i], token).ConfigureAwait(false);
                    if (entry is null)
                        return;
                    entries[destination.Index] = entry;
                }
                reused[i] = entries;
            }).ConfigureAwait(false);
        return reused;
    }

    private async Task<IReadOnlyList<SliceAccumulator>?[]> ReadGroupsAsync(
        IReadOnlyList<SliceGroup> groups, GroupEntry?[]?[] reused, CancellationToken cancellation)
    {
        var meter = new ProgressMeter($"Backing up {_request.Connector.Address}", _request.Observer, _request.Clock);
        var pending = Enumerable.Range(0, groups.Count).Where(i => reused[i] is null).ToArray();
        var total = pending.Sum(i => (double)Math.Max(0, groups[i].EstimatedRows));
        meter.SetTotal(total > 0 ? total : -1);
        var encoder = new BlockEncoder(_destinations, _request.Codec, _request.Parallelism, cancellation);
        var groupBackup = new GroupBackup(_request, encoder, meter, _destinations.Count);
        var read = new IReadOnlyList<SliceAccumulator>?[groups.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = _request.Parallelism, CancellationToken = cancellation };
        try
        {
            await Parallel.ForEachAsync(
                pending,
                options,
                async (i, token) =>
                    read[i] = await ReadGroupAsync(groupBackup, groups[i], token).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Either the user stopped, or every destination is gone; the encoder knows the latter.
            await FlushAsync(encoder).ConfigureAwait(false);
            throw;
        }
        await encoder.CompleteAsync().ConfigureAwait(false);
        meter.Finish();
        return read;
    }

    private async Task<IReadOnlyList<SliceAccumulator>> ReadGroupAsync(GroupBackup backup, SliceGroup group, CancellationToken cancellation)
    {
        if (_sourceLost is { } lost)
        {
            return
            [
                .. group.Slices.Select(slice =>
                {
                    var unread = new SliceAccumulator(slice);
                    unread.Fail(lost);
                    return unread;
                }),
            ];
        }
        var slices = await backup.ReadAsync(group, cancellation).ConfigureAwait(false);
        var error = slices.Select(s => s.Error).FirstOrDefault(e => e is { Kind: ErrorKind.Connection });
        if (error is null)
            Interlocked.Exchange(ref _lostConnections, 0);
        else if (Interlocked.Increment(ref _lostConnections) >= LostConnectionLimit)
            _sourceLost = error;
        return slices;
    }

    private async Task FlushAsync(BlockEncoder encoder)
    {
        try
        {
            await encoder.CompleteAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _request.Observer.Verbose("Stopping; storing what was read.");
        }
        foreach (var destination in _destinations.Where(d => d.IsAlive))
        {
            try
            {
                await destination.Writer.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (TsBackupException e)
            {
                _request.Observer.Warning($"What was read could not be kept in {destination.Connection.Location}: {e.Message}");
            }
        }
    }

    private async Task<BackupOutcome> CommitAsync(
        BackupDestination destination,
        Catalog catalog,
        IReadOnlyList<SliceGroup> groups,
        GroupEntry?[]?[] reused,
        IReadOnlyList<SliceAccumulator>?[] read,
        DateTimeOffset cut,
        CancellationToken cancellation)
    {
        var location = destination.Connection.Location;
        if (destination.Error is { } failed)
            return new BackupOutcome(location, null, failed);
        try
        {
            var entries = new List<GroupEntry>(groups.Count);
            for (var i = 0; i < groups.Count; i++)
                entries.Add(reused[i]?[destination.Index] ?? ToEntry(groups[i], read[i]!, destination.Index));
            var content = new VersionContent(catalog, entries);
            var (root, pieces) = await VersionContentFormat.WriteAsync(content, destination.PutAsync, cancellation).ConfigureAwait(false);
            var draft = Draft(destination, content, root, pieces, reused, cut);
            var header = await destination.Writer.CommitAsync(draft, cancellation).ConfigureAwait(false);
            await WarnOfEmptinessAsync(destination.Connection, header, cancellation).ConfigureAwait(false);
            return new BackupOutcome(location, VersionView.From(header, location), null);
        }
        catch (TsBackupException e)
        {
            return new BackupOutcome(location, null, e);
        }
    }

    /// <summary>An empty store may be meant; it may also be a folder that is not mounted, or a database of another name.</summary>
    private async Task WarnOfEmptinessAsync(RepositoryConnection connection, VersionHeader empty, CancellationToken cancellation)
    {
        if (empty.Rows > 0 || empty.State != VersionState.Complete)
            return;
        VersionHeader? before = null;
        await foreach (var header in connection.Repository.ListVersionsAsync(cancellation).ConfigureAwait(false))
        {
            if (header.Store == empty.Store && header.ScopeText == empty.ScopeText && header.Rows > 0
                && (before is null || header.Finished > before.Finished))
                before = header;
        }
        _request.Observer.Warning(
            $"{empty.Store} holds no rows of what was asked for: version {empty.Id} is empty"
            + (before is null ? "." : string.Create(CultureInfo.InvariantCulture, $", where version {before.Id} has {before.Rows} rows.")));
    }

    private static GroupEntry ToEntry(SliceGroup group, IReadOnlyList<SliceAccumulator> slices, int destination)
    {
        // A slice without rows says nothing, unless it failed.
        var entries = slices.Select(s => s.ToEntry(destination)).Where(s => !s.IsComplete || s.Summary.Rows > 0).ToArray();
        var fingerprint = group.Fingerprint ?? (slices.Count == 1 ? slices[0].Fingerprint : null);
        return new GroupEntry(group.Id, entries.All(s => s.IsComplete) ? fingerprint : null, entries);
    }

    private VersionDraft Draft(
        BackupDestination destination,
        VersionContent content,
        byte[] root,
        List<BlockId> pieces,
        GroupEntry?[]?[] reused,
        DateTimeOffset cut)
    {
        var ids = new List<BlockId>(pieces);
        ids.AddRange(content.Slices.Where(s => s.IsComplete).SelectMany(s => s.Blocks).Select(b => b.Id));
        var header = new VersionHeader
        {
            Store = _request.Connector.Address.ToString(),
            Kind = content.Catalog.Kind,
            Started = _started,
            Finished = _request.Clock.GetUtcNow(),
            Cut = cut,
            Tags = _request.Tags,
            NewBytes = destination.NewBytes,
            NewBlocks = destination.NewBlocks,
            ScopeText = _scope,
            ToolVersion = typeof(BackupOperation).Assembly
                .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
            Host = Environment.MachineName,
            IsProtected = _request.Protect,
            Properties = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [VersionView.SlicesReusedProperty] =
                    reused.Sum(r => r?[destination.Index]?.Slices.Count ?? 0).ToString(CultureInfo.InvariantCulture),
                [VersionTwin.RunProperty] = _run,
            },
        };
        return new VersionDraft { Header = VersionTotals.Apply(header, content, []), Content = root, References = ids };
    }
}
