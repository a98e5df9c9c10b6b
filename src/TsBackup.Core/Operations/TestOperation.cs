using System.Diagnostics;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>Tests versions at the levels of <see cref="BackupTestLevel"/> but Stored, which concerns the whole repository.</summary>
public sealed class TestOperation
{
    private readonly TestRequest _request;
    private readonly VersionHeader _header;
    private readonly Problems _problems;
    private long _slices;
    private long _blocks;
    private long _rows;
    private long _bytes;

    private TestOperation(TestRequest request, VersionHeader header)
    {
        _request = request;
        _header = header;
        _problems = new Problems(header.Id);
    }

    /// <summary>Tests one version. Damage and differences are problems of the result, not exceptions.</summary>
    /// <exception cref="TsBackupException">The test itself cannot be done: the live store does not answer, storage refuses.</exception>
    public static async Task<BackupTestResult> RunAsync(TestRequest request, VersionHeader header, CancellationToken cancellation)
    {
        if (request.Level == BackupTestLevel.Stored)
            throw new ArgumentException("Stored concerns the whole repository.", nameof(request));
        var operation = new TestOperation(request, header);
        var started = request.Clock.GetUtcNow();
        var watch = Stopwatch.StartNew();
        await operation.RunCoreAsync(cancellation).ConfigureAwait(false);
        return new BackupTestResult
        {
            VersionId = header.Id,
            Repository = request.Repository.Location,
            Store = header.Store,
            Level = request.Level,
            State = header.State == VersionState.Complete ? BackupVersionState.Complete : BackupVersionState.Incomplete,
            Problems = operation._problems.ToList(),
            Slices = operation._slices,
            Blocks = operation._blocks,
            Rows = operation._rows,
            Bytes = operation._bytes,
            Started = started,
            Duration = watch.Elapsed,
        };
    }

    private async Task RunCoreAsync(CancellationToken cancellation)
    {
        VersionContent content;
        try
        {
            content = await VersionReader.ReadAsync(_request.Repository, _header, cancellation).ConfigureAwait(false);
        }
        catch (TsBackupException e) when (BlockSource.IsLoss(e))
        {
            _problems.Add(e);
            return;
        }
        CheckStructure(content);
        switch (_request.Level)
        {
            case BackupTestLevel.Full:
                await CheckBlocksAsync(content, cancellation).ConfigureAwait(false);
                break;
            case BackupTestLevel.Source:
                await CheckSourceAsync(content, cancellation).ConfigureAwait(false);
                break;
            case BackupTestLevel.Drill:
                await DrillAsync(content, cancellation).ConfigureAwait(false);
                break;
        }
    }

    private void CheckStructure(VersionContent content)
    {
        foreach (var slice in content.Slices.Where(s => s.IsComplete))
        {
            _slices++;
            if (slice.Blocks.Sum(b => (long)b.Rows) != slice.Summary.Rows)
            {
                _problems.Add(
                    ErrorId.VersionDamaged, $"The blocks of {slice.Slice} do not add up to its {slice.Summary.Rows} rows.", _header.Id, slice.Slice);
            }
            foreach (var block in slice.Blocks)
            {
                _blocks++;
                if (!_request.Repository.Repository.ContainsBlock(block.Id))
                    _problems.Add(ErrorId.BlockNotFound, $"Block {block.Id} of {slice.Slice} is in no index.", block.Id.ToString(), slice.Slice);
            }
        }
        var rows = content.Slices.Where(s => s.IsComplete).Sum(s => s.Summary.Rows);
        if (rows != _header.Rows)
            _problems.Add(ErrorId.VersionDamaged, $"The slices hold {rows} rows where the version says {_header.Rows}.", _header.Id);
    }

    private async Task CheckBlocksAsync(VersionContent content, CancellationToken cancellation)
    {
        _blocks = 0;
        var slices = content.Slices.Where(s => s.IsComplete).ToArray();
        var meter = new ProgressMeter($"Testing {_header.Id}", _request.Observer, _request.Clock);
        meter.SetTotal(slices.Sum(s => (double)s.Summary.Rows));
        var source = new BlockSource(_request.Repository, [], _header);
        var ahead = slices.Length >= _request.Parallelism * 4 ? 2 : _request.Parallelism + 1;
        var options = new ParallelOptions { MaxDegreeOfParallelism = _request.Parallelism, CancellationToken = cancellation };
        await Parallel.ForEachAsync(
            slices, options, async (slice, token) => await CheckSliceAsync(source, slice, ahead, meter, token).ConfigureAwait(false)).ConfigureAwait(false);
        meter.Finish();
    }

    private async Task CheckSliceAsync(BlockSource source, SliceEntry slice, int ahead, ProgressMeter meter, CancellationToken cancellation)
    {
        using var digester = new SliceDigester();
        var damaged = false;
        await foreach (var read in SliceBlocks.ReadAsync(source, slice, TimeRange.All, ahead, null, cancellation).ConfigureAwait(false))
        {
            Interlocked.Increment(ref _blocks);
            Interlocked.Add(ref _bytes, read.Entry.Bytes);
            if (read.Batch is not { } batch)
            {
                damaged = true;
                _problems.Add(read.Error!, slice.Slice);
                continue;
            }
            using (batch)
            {
                if (!damaged)
                    digester.Append(batch);
                Interlocked.Add(ref _rows, batch.RowCount);
                meter.Add(batch.RowCount, read.Entry.Bytes, batch.RowCount);
            }
        }
        var summary = digester.Finish();
        if (!damaged && summary != slice.Summary)
        {
            _problems.Add(
                ErrorId.DigestMismatch, $"The rows of {slice.Slice} do not give the digest that was recorded.", _header.Id, slice.Slice);
        }
    }

    private async Task CheckSourceAsync(VersionContent content, CancellationToken cancellation)
    {
        var store = _request.Store
            ?? throw new TsBackupException(ErrorId.ArgumentInvalid, "The Source level needs the store to compare with.", hint: "Give the store.");
        await store.DescribeAsync(cancellation).ConfigureAwait(false);
        var groups = StoreComparison.GroupsOf(content, TimeRange.All, table => table);
        var results = await StoreComparison
            .RunAsync(store, groups, _request.Parallelism, _request.Observer, _request.Clock, cancellation).ConfigureAwait(false);
        foreach (var result in results)
        {
            _rows += result.RowsFound;
            if (result.Error is { } error)
                _problems.Add(error, result.Expected.Slice);
            else if (!result.IsEqual)
                _problems.Add(ErrorId.DigestMismatch, result.Sentence(store.Address.ToString()), _header.Id, result.Expected.Slice);
        }
    }

    private async Task DrillAsync(VersionContent content, CancellationToken cancellation)
    {
        var store = _request.Store
            ?? throw new TsBackupException(ErrorId.ArgumentInvalid, "A drill needs a store to make its scratch store beside.", hint: "Give the store.");
        if (!store.Capabilities.Scratch || _request.OpenStore is not { } open)
            throw new TsBackupException(ErrorId.CapabilityMissing, $"No scratch store can be made beside {store.Address}.", store.Address.ToString());
        await using var scratch = open(store.ScratchAddress(Guid.NewGuid().ToString("N")[..12]));
        try
        {
            var restore = await RestoreOperation.RunAsync(
                new RestoreRequest
                {
                    Repository = _request.Repository,
                    Copies = _request.Copies,
                    Target = scratch,
                    IsScratch = true,
                    Parallelism = _request.Parallelism,
                    Observer = _request.Observer,
                    Clock = _request.Clock,
                },
                _header,
                cancellation).ConfigureAwait(false);
            _rows = restore.RowsRestored;
            foreach (var problem in restore.Problems)
                _problems.Add(Enum.Parse<ErrorId>(problem.ErrorId), problem.Message, problem.Object);
            if (restore.Verified != true && _problems.Count == 0)
                _problems.Add(ErrorId.VerificationFailed, $"The scratch store does not equal version {_header.Id}.", _header.Id);
        }
        finally
        {
            // The scratch store goes even when the user stops.
            await scratch.DropScratchAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }
}
