using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Threading.Channels;
using TsBackup.Errors;
using TsBackup.Storage;

namespace TsBackup.Repository;

/// <summary>
/// Checks the stored bytes of a repository: needs no key and no block index, and takes memory by the number of objects, not of blocks.
/// Every object is read once, its checksum compared, and the set of objects compared with what log and indexes say belongs there.
/// Backups may run meanwhile.
/// </summary>
public sealed class StoredCheck
{
    private const int BufferSize = 1 << 20;

    private readonly BlockRepository _repository;
    private readonly ObjectStore _store;
    private readonly StoredCheckOptions _options;
    private readonly CheckedObjects _seen = new();
    private long _bytes;
    private int _objects;
    private int _skipped;

    /// <summary>Prepares a check; one object is for one run.</summary>
    public StoredCheck(BlockRepository repository, StoredCheckOptions options)
    {
        ArgumentNullException.ThrowIfNull(repository);
        _repository = repository;
        _store = repository.Store;
        _options = options;
    }

    /// <summary>Objects that were read.</summary>
    public int ObjectsRead => _objects;

    /// <summary>Bytes that were read.</summary>
    public long BytesRead => Interlocked.Read(ref _bytes);

    /// <summary>Packs that were not read because of the options.</summary>
    public int PacksSkipped => _skipped;

    /// <summary>
    /// Names of objects that are whole but belong to nothing yet: packs or versions of interrupted or running backups, and files that
    /// are not of the repository. They are no problem. Filled when the check is over.
    /// </summary>
    public IReadOnlyList<string> Leftovers => _seen.Leftovers;

    /// <summary>Runs the check and gives each problem as it is found.</summary>
    public async IAsyncEnumerable<RepositoryProblem> RunAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var problems = Channel.CreateUnbounded<RepositoryProblem>(new UnboundedChannelOptions { SingleReader = true });
        var work = Task.Run(
            async () =>
            {
                try
                {
                    await ReadAllAsync(problems.Writer, ct).ConfigureAwait(false);
                    foreach (var problem in await _seen.CompareAsync(_repository, ct).ConfigureAwait(false))
                        problems.Writer.TryWrite(problem);
                }
                finally
                {
                    problems.Writer.Complete();
                }
            },
            ct);
        await foreach (var problem in problems.Reader.ReadAllAsync(ct).ConfigureAwait(false))
            yield return problem;
        await work.ConfigureAwait(false);
    }

    private async Task ReadAllAsync(ChannelWriter<RepositoryProblem> problems, CancellationToken ct)
    {
        var started = _store.Clock.GetTimestamp();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, _options.Parallelism), CancellationToken = ct };
        await Parallel.ForEachAsync(_store.Storage.ListAsync("", ct), parallel, async (found, stop) =>
        {
            if (ObjectNames.KindOf(found.Name) is not { } kind)
            {
                _seen.AddForeign(found.Name);
                return;
            }
            _seen.AddThere(found.Name, found.Length);
            if (kind == ObjectKind.Pack && !IsWanted(found.Name, started))
            {
                Interlocked.Increment(ref _skipped);
                return;
            }
            if (await ReadOneAsync(found, kind, stop).ConfigureAwait(false) is { } problem)
                problems.TryWrite(problem);
        }).ConfigureAwait(false);
    }

    private bool IsWanted(string name, long started) =>
        (_options.ShouldReadPack is null || _options.ShouldReadPack(name))
        && (_options.MaxDuration is not { } limit || _store.Clock.GetElapsedTime(started) < limit);

    private async Task<RepositoryProblem?> ReadOneAsync(StorageObject found, ObjectKind kind, CancellationToken ct)
    {
        try
        {
            long length;
            if (kind == ObjectKind.Pack)
            {
                length = await ReadPackAsync(found, ct).ConfigureAwait(false);
            }
            else
            {
                var frame = await _store.ReadAsync(kind, found.Name, ct).ConfigureAwait(false);
                length = frame.Length;
                _seen.Add(frame);
            }
            Interlocked.Increment(ref _objects);
            Interlocked.Add(ref _bytes, length);
            _options.OnRead?.Invoke(found.Name, length);
            return null;
        }
        catch (TsBackupException failure) when (failure.Id == ErrorId.ObjectNotFound)
        {
            // Deleted since the listing; whether that was on purpose is in the log.
            _seen.AddGone(found.Name);
            return null;
        }
        catch (TsBackupException failure)
        {
            _seen.AddBad(found.Name);
            return new RepositoryProblem(failure.Id, found.Name, failure.Message);
        }
    }

    private async Task<long> ReadPackAsync(StorageObject found, CancellationToken ct)
    {
        try
        {
            if (found.Length < PackLayout.MinSize)
                throw new FormatException("it is cut");
            using var buffer = new PooledBytes((int)Math.Min(BufferSize, found.Length));
            using var hash = ObjectFrame.StartChecksum(found.Name);
            var end = found.Length - ObjectFrame.ChecksumSize;
            for (long at = 0; at < end;)
            {
                var part = buffer.Memory[..(int)Math.Min(buffer.Length, end - at)];
                if (await _store.Storage.ReadAsync(found.Name, at, part, ct).ConfigureAwait(false) != part.Length)
                    throw new FormatException("it is cut");
                if (at == 0)
                    CheckHeader(part.Span);
                hash.AppendData(part.Span);
                at += part.Length;
            }
            var stored = new byte[ObjectFrame.ChecksumSize];
            await _store.Storage.ReadAsync(found.Name, end, stored, ct).ConfigureAwait(false);
            if (!CryptographicOperations.FixedTimeEquals(stored, hash.GetHashAndReset()))
                throw new FormatException("its checksum does not match");
            return found.Length;
        }
        catch (FormatException failure)
        {
            throw RepositoryErrors.Damaged(ObjectKind.Pack, found.Name, failure.Message, failure);
        }
    }

    private void CheckHeader(ReadOnlySpan<byte> bytes)
    {
        ObjectFrame.CheckHeader(bytes, ObjectKind.Pack);
        if (RepositoryId.Read(bytes.Slice(8, RepositoryId.Size)) != _store.Id)
            throw new FormatException("it belongs to another repository");
    }
}
