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
    private int _reached;
    private double _coverage = 1;

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
        request.Limits.Check(request.Level);
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
            Coverage = operation._coverage,
            Reached = operation._reached,
            IsSample = request.Limits.IsSample,
            Seed = request.Limits.IsSample ? request.Limits.Seed : null,
            Started = started,
            Duration = watch.Elapsed,
        };
    }

    private async Task RunCoreAsync(CancellationToken cancellation)
    {
        VersionSource source;
        try
        {
            source = await VersionSource.OpenAsync(_request.Repository, _request.Copies, _header, cancellation).ConfigureAwait(false);
        }
        catch (TsBackupException e) when (BlockSource.IsLoss(e))
        {
            _problems.Add(e);
            return;
        }
        if (source.Damage is { } damage)
            _problems.Add(damage, foundIn: source.Repository.Location);
        var content = source.Content;
        CheckStructure(source);
        switch (_request.Level)
        {
            case BackupTestLevel.Full:
                await CheckBlocksAsync(source, cancellation).ConfigureAwait(false);
                break;
            case BackupTestLevel.Source:
                await CheckSourceAsync(content, cancellation).ConfigureAwait(false);
                break;
            case BackupTestLevel.Drill:
                await DrillAsync(content, cancellation).ConfigureAwait(false);
                break;
        }
    }

    private void CheckStructure(VersionSource source)
    {
        var content = source.Content;
        foreach (var slice in content.Slices.Where(s => s.IsComplete))
        {
            _slices++;
            if (slice.Blocks.Sum(b => (long)b.Rows) != slice.Summary.Rows)
            {
                _problems.Add(
                    ErrorId.VersionDamaged,
                    $"The blocks of {slice.Slice} do not add up to its {slice.Summary.Rows} rows.", _header.Id, slice.Slice);
            }
            foreach (var block in slice.Blocks)
            {
                _blocks++;
                if (!source.Repository.Repository.ContainsBlock(block.Id))
                    _problems.Add(
                        ErrorId.BlockNotFound, $"Block {block.Id} of {slice.Slice} is in no index.", block.Id.ToString(), slice.Slice);
            }
        }
        var rows = content.Slices.Where(s => s.IsComplete).Sum(s => s.Summary.Rows);
        if (rows != _header.Rows)
            _problems.Add(ErrorId.VersionDamaged, $"The slices hold {rows} rows where the version says {_header.Rows}.", _header.Id);
    }

    private async Task CheckBlocksAsync(VersionSource source, CancellationToken cancellation)
    {
        var test = new FullTest(_request, _header.Id, _problems);
        await test.RunAsync(source.Content, source.Blocks, cancellation).ConfigureAwait(false);
        (_blocks, _rows, _bytes) = (test.Blocks, test.Rows, test.Bytes);
        (_reached, _coverage) = (test.Reached, test.Coverage);
    }

    private async Task CheckSourceAsync(VersionContent content, CancellationToken cancellation)
    {
        var store = _request.Store
            ?? throw new TsBackupException(
                ErrorId.ArgumentInvalid, "The Source level needs the store to compare with.", hint: "Give the store.");
        await store.DescribeAsync(cancellation).ConfigureAwait(false);
        var groups = StoreComparison.GroupsOf(content, TimeRange.All, table => table);
        if (_request.Limits.IsSample)
            groups = SampleOf(content, groups);
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

    private List<(string GroupId, List<ExpectedSlice> Slices)> SampleOf(
        VersionContent content, List<(string GroupId, List<ExpectedSlice> Slices)> groups)
    {
        var slices = content.Slices.Where(slice => slice.IsComplete).ToArray();
        var chosen = SliceSample.Choose(slices, _request.Limits.Sample, _request.Limits.Seed, wholeOnly: true);
        var names = chosen.Select(part => part.Slice.Slice).ToHashSet();
        var total = slices.Sum(slice => (double)slice.Summary.Rows);
        _coverage = total == 0 ? 0 : chosen.Sum(part => (double)part.Rows) / total;
        return
        [
            .. groups.Select(group => (group.GroupId, Slices: group.Slices.FindAll(slice => names.Contains(slice.Slice))))
                .Where(group => group.Slices.Count > 0),
        ];
    }

    private async Task DrillAsync(VersionContent content, CancellationToken cancellation)
    {
        var store = _request.Store
            ?? throw new TsBackupException(
                ErrorId.ArgumentInvalid, "A drill needs a store to make its scratch store beside.", hint: "Give the store.");
        if (!store.Capabilities.Scratch || _request.OpenStore is not { } open)
            throw new TsBackupException(
                ErrorId.CapabilityMissing, $"No scratch store can be made beside {store.Address}.", store.Address.ToString());
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
