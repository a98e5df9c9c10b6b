using System.Security.Cryptography;
using TsBackup.Errors;
using TsBackup.Storage;

namespace TsBackup.Repository;

/// <summary>
/// A repository: blocks, versions and keys in a storage (FORMAT.md). Open it once and use it from as many threads as you like; several
/// processes may use one repository at the same time. Disposing it wipes the keys and closes the storage.
/// </summary>
public sealed class BlockRepository : IAsyncDisposable
{
    private const int MaxReloads = 5;

    private readonly BlockReader _reader;
    private int _writers;
    private readonly VersionStore _versions;

    private BlockRepository(ObjectStore store, RepositoryConfig config, KeySlot? slot, RepositoryOptions options)
    {
        Store = store;
        Options = options;
        Index = new BlockIndex();
        Loader = new IndexLoader(store, Index);
        Log = new VersionLog(store);
        Keys = new KeyManagement(this);
        Removal = new VersionRemoval(this);
        Tests = new TestRecords(store);
        _reader = new BlockReader(store, Index);
        _versions = new VersionStore(store);
        OwnPublicKey = slot?.PublicKey ?? [];
        Info = new RepositoryInfo(
            config.Id.ToString(),
            store.Storage.Location,
            config.Format,
            config.Created,
            store.Keys?.Current.Number ?? 0,
            slot?.Access,
            slot?.Id ?? "");
    }

    /// <summary>What is known of the repository.</summary>
    public RepositoryInfo Info { get; internal set; }

    /// <summary>The log of what was added and erased.</summary>
    public VersionLog Log { get; }

    /// <summary>Key slots.</summary>
    public KeyManagement Keys { get; }

    /// <summary>Removes versions and takes them back.</summary>
    public VersionRemoval Removal { get; }

    /// <summary>Results of tests that are kept in the repository.</summary>
    public TestRecords Tests { get; }

    /// <summary>Index objects that could not be used when the index was last read; their blocks count as not there.</summary>
    public IReadOnlyList<RepositoryProblem> IndexProblems =>
        [.. Loader.Damaged.Select(failure => new RepositoryProblem(failure.Id, failure.Target ?? "", failure.Message))];

    internal ObjectStore Store { get; }

    /// <summary>Public half of the slot that was opened.</summary>
    internal byte[] OwnPublicKey { get; }

    internal RepositoryOptions Options { get; }

    internal BlockIndex Index { get; }

    internal IndexLoader Loader { get; }

    internal VersionStore Versions => _versions;

    internal BlockReader Reader => _reader;

    /// <summary>Makes a repository. The storage belongs to the repository from then on.</summary>
    /// <param name="storage">An empty place.</param>
    /// <param name="key">Opens the first slot, which has full access.</param>
    /// <param name="options">Choices.</param>
    /// <param name="ct">Stops the making.</param>
    /// <exception cref="TsBackupException">RepositoryExists.</exception>
    public static async Task<BlockRepository> CreateAsync(IStorage storage, KeySource key, RepositoryOptions options, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(key);
        Check(options);
        RepositoryConfig config;
        try
        {
            config = await RepositoryConfig.CreateAsync(storage, options.Clock.GetUtcNow(), ct).ConfigureAwait(false);
        }
        catch (TsBackupException failure) when (failure.Id == ErrorId.ObjectExists)
        {
            throw new TsBackupException(
                ErrorId.RepositoryExists,
                $"There is a repository in {storage.Location} already.",
                storage.Location,
                "Use it, or choose another place.",
                failure);
        }
        var keys = Keyring.Create();
        var store = new ObjectStore(storage, config.Id, keys, options.Clock);
        var (slot, events) = await new KeyChest(store)
            .AddAsync(keys, key, KeyAccess.Full, options.KeyLabel, options.KeyIterations, ct).ConfigureAwait(false);
        var repository = new BlockRepository(store, config, slot, options);
        await repository.Log.AppendAsync(events, ct).ConfigureAwait(false);
        return repository;
    }

    /// <summary>True when earlier data can be read: it was opened with a key that may.</summary>
    public bool CanRead => Store.Keys?.CanRead == true;

    /// <summary>Opens a repository with the default choices.</summary>
    /// <inheritdoc cref="OpenAsync(IStorage, KeySource?, RepositoryOptions, CancellationToken)"/>
    public static Task<BlockRepository> OpenAsync(IStorage storage, KeySource? key, CancellationToken ct) =>
        OpenAsync(storage, key, RepositoryOptions.Default, ct);

    /// <summary>Opens a repository. The storage belongs to the repository from then on.</summary>
    /// <param name="storage">Where it is.</param>
    /// <param name="key">Opens a slot; null for a view without a key: information, log, and the check of stored bytes.</param>
    /// <param name="options">Choices.</param>
    /// <param name="ct">Stops the opening.</param>
    /// <exception cref="TsBackupException">
    /// RepositoryNotFound, RepositoryKeyWrong, RepositoryVersionUnsupported, ConfigDamaged, KeyDamaged, KeyCostExcessive,
    /// RepositoryRolledBack.
    /// </exception>
    public static async Task<BlockRepository> OpenAsync(IStorage storage, KeySource? key, RepositoryOptions options, CancellationToken ct)
    {
        Check(options);
        var config = await RepositoryConfig.ReadAsync(storage, ct).ConfigureAwait(false);
        var store = new ObjectStore(storage, config.Id, null, options.Clock);
        KeySlot? slot = null;
        if (key is not null)
            (store.Keys, slot) = await new KeyChest(store).OpenAsync(key, ct).ConfigureAwait(false);
        var repository = new BlockRepository(store, config, slot, options);
        if (options.KnownPosition is { } known)
            await repository.Log.RequireAsync(known, ct).ConfigureAwait(false);
        return repository;
    }

    /// <summary>
    /// Makes the config of a repository again when it is damaged or gone: each object beside it carries the id. Done only when the key
    /// then opens the repository.
    /// </summary>
    /// <param name="storage">Where it is; stays the caller's.</param>
    /// <param name="key">Opens a slot.</param>
    /// <param name="ct">Stops the call.</param>
    /// <exception cref="TsBackupException">ConfigDamaged when nothing is left that says the id; RepositoryKeyWrong, KeyDamaged.</exception>
    public static async Task RebuildConfigAsync(IStorage storage, KeySource key, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(key);
        var config = await RepositoryConfig.DeduceAsync(storage, ct).ConfigureAwait(false);
        var chest = new KeyChest(new ObjectStore(storage, config.Id, null, TimeProvider.System));
        var (keys, _) = await chest.OpenAsync(key, ct).ConfigureAwait(false);
        keys.Dispose();
        await config.ReplaceAsync(storage, ct).ConfigureAwait(false);
    }

    /// <summary>
    /// Starts a run that writes: announces it, reads the index, and finds what interrupted runs left. One run at a time per
    /// opened repository; open it again for another at the same time.
    /// </summary>
    /// <exception cref="TsBackupException">RepositoryBusy when a run of this opened repository is still under way.</exception>
    public async Task<BlockWriter> BeginWriteAsync(CancellationToken ct)
    {
        Store.RequireKeys("Writing");
        if (Interlocked.CompareExchange(ref _writers, 1, 0) != 0)
            throw new TsBackupException(
                ErrorId.RepositoryBusy, "This opened repository has a run under way.", Info.Location, "Open the repository once more.");
        WriterSession? session = null;
        try
        {
            session = await WriterSession.StartAsync(Store, ct).ConfigureAwait(false);
            var leftovers = await new WritePreparation(this).RunAsync(ct).ConfigureAwait(false);
            return new BlockWriter(this, session, leftovers);
        }
        catch
        {
            Volatile.Write(ref _writers, 0);
            if (session is not null)
                await session.EndAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The id that a block of these bytes has in this repository.</summary>
    public BlockId IdOf(ReadOnlySpan<byte> plain)
    {
        Span<byte> hash = stackalloc byte[BlockId.Size];
        HMACSHA256.HashData(Store.RequireKeys("Naming a block").IdKey, plain, hash);
        return new BlockId(hash);
    }

    /// <summary>
    /// True when the index in memory has the block in a pack that can be relied on. The index is read by the first call of another member.
    /// </summary>
    public bool ContainsBlock(BlockId id) => Index.CanRelyOn(id);

    /// <summary>Reads the index into memory, or what others added to it since.</summary>
    public Task LoadIndexAsync(CancellationToken ct) => Loader.LoadAsync(again: true, ct);

    /// <summary>Reads a block. When it is stored several times, all its places are tried.</summary>
    /// <returns>Its plain bytes; the caller disposes them.</returns>
    /// <exception cref="TsBackupException">
    /// BlockNotFound, BlockDamaged, PackDamaged; IndexDamaged when the block may be in an index that cannot be read; KeyCannotRead.
    /// </exception>
    public async Task<PooledBytes> ReadBlockAsync(BlockId id, CancellationToken ct)
    {
        Store.RequireKeys("Reading a block");
        await Loader.LoadAsync(again: false, ct).ConfigureAwait(false);
        TsBackupException? trouble = null;
        var isNew = false;
        for (var round = 0; ; round++)
        {
            foreach (var location in Index.Find(id))
            {
                try
                {
                    return await _reader.ReadAsync(id, location, ct).ConfigureAwait(false);
                }
                catch (TsBackupException failure) when (failure.Id is ErrorId.BlockDamaged or ErrorId.PackDamaged)
                {
                    trouble ??= failure;
                }
            }
            if ((round > 0 && !isNew) || round == MaxReloads)
                throw trouble ?? NotFound(id);

            // Another run may have added it, or compactions moved it, since the index was read; then they put new indexes.
            isNew = await Loader.LoadAsync(again: true, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Headers of all versions that are not removed, oldest first.</summary>
    public IAsyncEnumerable<VersionHeader> ListVersionsAsync(CancellationToken ct) => _versions.ListAsync(false, null, ct);

    /// <summary>Headers of versions, oldest first.</summary>
    /// <param name="includeRemoved">Also those that are removed and not yet swept.</param>
    /// <param name="onProblem">Told of each version that cannot be read; may be called from several threads at once.</param>
    /// <param name="ct">Stops the listing.</param>
    public IAsyncEnumerable<VersionHeader> ListVersionsAsync(
        bool includeRemoved, Action<RepositoryProblem>? onProblem, CancellationToken ct) =>
        _versions.ListAsync(includeRemoved, onProblem, ct);

    /// <summary>The header of a version, by its id or by the start of its id.</summary>
    /// <exception cref="TsBackupException">VersionNotFound, VersionAmbiguous, VersionDamaged.</exception>
    public Task<VersionHeader> GetVersionAsync(string id, CancellationToken ct) => _versions.GetAsync(id, includeRemoved: false, ct);

    /// <summary>Reads the content that was given at commit.</summary>
    /// <exception cref="TsBackupException">VersionDamaged, and the errors of <see cref="ReadBlockAsync"/>.</exception>
    public Task<ReadOnlyMemory<byte>> ReadContentAsync(VersionHeader version, CancellationToken ct) =>
        JoinAsync(version, version.ContentPieces, version.ContentBytes, ct);

    /// <summary>
    /// The ids of the blocks that a version refers to, in the order given at commit; those of its content not among them.
    /// </summary>
    /// <exception cref="TsBackupException">VersionDamaged, and the errors of <see cref="ReadBlockAsync"/>.</exception>
    public async Task<IReadOnlyList<BlockId>> ReadReferencesAsync(VersionHeader version, CancellationToken ct)
    {
        var bytes = await JoinAsync(version, version.ReferencePieces, version.References * BlockId.Size, ct).ConfigureAwait(false);
        return VersionObject.Split(bytes.Span);
    }

    internal void NoteWriterEnded() => Volatile.Write(ref _writers, 0);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Loader.Dispose();
        Store.Keys?.Dispose();
        await Store.Storage.DisposeAsync().ConfigureAwait(false);
    }

    private static void Check(RepositoryOptions options)
    {
        if (options.PackSize is < 64 << 10 or > 1 << 30)
            throw new TsBackupException(
                ErrorId.ArgumentInvalid, $"A pack size of {options.PackSize} bytes is not between 64 KiB and 1 GiB.");
        if (options.PacksInFlight is < 1 or > 64)
            throw new TsBackupException(ErrorId.ArgumentInvalid, $"{options.PacksInFlight} packs in flight are not between 1 and 64.");
    }

    private async Task<ReadOnlyMemory<byte>> JoinAsync(
        VersionHeader version, IReadOnlyList<BlockId> pieces, long length, CancellationToken ct)
    {
        if (length is < 0 or > int.MaxValue)
            throw RepositoryErrors.Damaged(ObjectKind.Version, ObjectNames.Version(version.Id), $"its content has {length} bytes");
        var whole = new MemoryStream();
        foreach (var id in pieces)
        {
            using var piece = await ReadBlockAsync(id, ct).ConfigureAwait(false);
            whole.Write(piece.Span);
        }
        return whole.Length == length
            ? whole.GetBuffer().AsMemory(0, (int)length)
            : throw RepositoryErrors.Damaged(
                ObjectKind.Version, ObjectNames.Version(version.Id), "its content has another length than its header says");
    }

    private TsBackupException NotFound(BlockId id)
    {
        var damaged = Loader.Damaged.FirstOrDefault();
        return damaged is null
            ? new TsBackupException(
                ErrorId.BlockNotFound,
                $"The block '{id}' is not in the repository.",
                id.ToString(),
                "Repair the repository from its packs or from a copy.")
            : new TsBackupException(
                ErrorId.IndexDamaged,
                $"The block '{id}' may be in the damaged index '{damaged.Target}'.",
                damaged.Target,
                "Repair the repository: indexes are made again from its packs.",
                damaged);
    }
}
