using System.Runtime.CompilerServices;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Operations;

/// <summary>A block of a slice as it was read: its batch (owned by the receiver), or why there is none.</summary>
internal readonly record struct ReadBlock(BlockEntry Entry, Batch? Batch, TsBackupException? Error);

/// <summary>Reads the blocks of a slice in order, several of them at once.</summary>
internal static class SliceBlocks
{
    /// <summary>Reads blocks that may hold times of the range.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="slice">The slice.</param>
    /// <param name="range">Times wanted; blocks that lie outside are not read.</param>
    /// <param name="ahead">Blocks read and decoded at once.</param>
    /// <param name="found">See <see cref="BlockSource"/>.</param>
    /// <param name="cancellation">Stops the reading.</param>
    public static async IAsyncEnumerable<ReadBlock> ReadAsync(
        BlockSource source,
        SliceEntry slice,
        TimeRange range,
        int ahead,
        Action<FoundBlock>? found,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        var running = new Queue<Task<ReadBlock>>();
        var next = 0;
        try
        {
            while (true)
            {
                while (running.Count < ahead && next < slice.Blocks.Count)
                {
                    var index = next++;
                    var block = slice.Blocks[index];
                    if (!range.Overlaps(new TimeRange(block.First, block.Last)))
                        continue;
                    running.Enqueue(Task.Run(() => ReadOneAsync(source, slice, index, found, cancellation), cancellation));
                }
                if (running.Count == 0)
                    yield break;
                yield return await running.Dequeue().ConfigureAwait(false);
            }
        }
        finally
        {
            foreach (var left in running)
                await DropAsync(left).ConfigureAwait(false);
        }
    }

    private static async Task<ReadBlock> ReadOneAsync(
        BlockSource source, SliceEntry slice, int index, Action<FoundBlock>? found, CancellationToken cancellation)
    {
        try
        {
            var batch = await source.ReadAsync(slice, index, found, cancellation).ConfigureAwait(false);
            return new ReadBlock(slice.Blocks[index], batch, null);
        }
        catch (TsBackupException e)
        {
            return new ReadBlock(slice.Blocks[index], null, e);
        }
    }

    private static async Task DropAsync(Task<ReadBlock> task)
    {
        await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (task.IsCompletedSuccessfully)
            task.Result.Batch?.Dispose();
    }
}
