using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Operations;

/// <summary>
/// The Full level of one version: decrypts and decodes blocks, computes digests anew. Slices are begun in the order of the version, so
/// that a test that ran out of time has looked at the first of them and the next can go on behind.
/// </summary>
internal sealed class FullTest(TestRequest request, string versionId, Problems problems)
{
    private long _blocks;
    private long _rows;
    private long _bytes;

    public long Blocks => _blocks;

    public long Rows => _rows;

    public long Bytes => _bytes;

    /// <summary>Slices from the start that were looked at, with those of the runs before.</summary>
    public int Reached { get; private set; }

    /// <summary>Share of the rows that was looked at, with those of the runs before.</summary>
    public double Coverage { get; private set; } = 1;

    public async Task RunAsync(VersionContent content, BlockSource source, CancellationToken cancellation)
    {
        var slices = content.Slices.Where(slice => slice.IsComplete).ToArray();
        Reached = Math.Min(request.From, slices.Length);
        var limits = request.Limits;
        var wanted = limits.IsSample
            ? SliceSample.Choose(slices, limits.Sample, limits.Seed, wholeOnly: false)
            : [.. slices.Skip(Reached).Select(slice => new SampledSlice(slice, null))];
        var meter = new ProgressMeter($"Testing {versionId}", request.Observer, request.Clock);
        meter.SetTotal(wanted.Sum(part => (double)part.Rows));
        var ahead = wanted.Count >= request.Parallelism * 4 ? 2 : request.Parallelism + 1;
        var begun = new List<SampledSlice>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = request.Parallelism, CancellationToken = cancellation };
        await Parallel.ForEachAsync(
            InTime(wanted, begun),
            options,
            async (part, token) => await CheckAsync(source, part, ahead, meter, token).ConfigureAwait(false)).ConfigureAwait(false);
        meter.Finish();
        SetCoverage(slices, begun);
    }

    private IEnumerable<SampledSlice> InTime(List<SampledSlice> wanted, List<SampledSlice> begun)
    {
        foreach (var part in wanted)
        {
            if (request.IsTimeOver())
                yield break;
            begun.Add(part);
            yield return part;
        }
    }

    private void SetCoverage(SliceEntry[] slices, List<SampledSlice> begun)
    {
        var total = slices.Sum(slice => (double)slice.Summary.Rows);
        var covered = begun.Sum(part => (double)part.Rows);
        if (!request.Limits.IsSample)
        {
            covered += slices.Take(Reached).Sum(slice => (double)slice.Summary.Rows);
            Reached += begun.Count;
            if (Reached == slices.Length)
                return;
        }
        Coverage = total == 0 ? 0 : covered / total;
    }

    private Task CheckAsync(BlockSource source, SampledSlice part, int ahead, ProgressMeter meter, CancellationToken cancellation) =>
        part.Blocks is { } blocks
            ? CheckBlocksAsync(source, part.Slice, blocks, meter, cancellation)
            : CheckSliceAsync(source, part.Slice, ahead, meter, cancellation);

    private async Task CheckBlocksAsync(
        BlockSource source, SliceEntry slice, int[] blocks, ProgressMeter meter, CancellationToken cancellation)
    {
        foreach (var index in blocks)
        {
            try
            {
                using var batch = await source.ReadAsync(slice, index, Found, cancellation).ConfigureAwait(false);
                Count(slice.Blocks[index], batch, meter);
            }
            catch (TsBackupException e)
            {
                problems.Add(e, slice.Slice);
            }
        }
    }

    private async Task CheckSliceAsync(BlockSource source, SliceEntry slice, int ahead, ProgressMeter meter, CancellationToken cancellation)
    {
        using var digester = new SliceDigester();
        var damaged = false;
        await foreach (var read in SliceBlocks.ReadAsync(source, slice, TimeRange.All, ahead, Found, cancellation).ConfigureAwait(false))
        {
            if (read.Batch is not { } batch)
            {
                damaged = true;
                problems.Add(read.Error!, slice.Slice);
                continue;
            }
            using (batch)
            {
                if (!damaged)
                    digester.Append(batch);
                Count(read.Entry, batch, meter);
            }
        }
        var summary = digester.Finish();
        if (!damaged && summary != slice.Summary)
        {
            problems.Add(
                ErrorId.DigestMismatch, $"The rows of {slice.Slice} do not give the digest that was recorded.", versionId, slice.Slice);
        }
    }

    private void Found(FoundBlock block) => problems.Add(block);

    private void Count(BlockEntry block, Batch batch, ProgressMeter meter)
    {
        Interlocked.Increment(ref _blocks);
        Interlocked.Add(ref _bytes, block.Bytes);
        Interlocked.Add(ref _rows, batch.RowCount);
        meter.Add(batch.RowCount, block.Bytes, batch.RowCount);
    }
}
