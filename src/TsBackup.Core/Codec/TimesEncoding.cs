using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
namespace TsBackup.Codec;

/// <summary>
/// The times of several runs. Series that were written together have the same times, so a run is a start and either a fixed step or a
/// list of steps, which is stored once and used by later runs again.
/// </summary>
internal static class TimesEncoding
{
    private const int OwnList = 0;
    private const int SameStep = 1;
    private const int NewStep = 2;
    private const int FirstReference = 3;

    public static void Write(BlockWriter writer, in WordColumn column)
    {
        var starts = column.Starts;
        writer.WriteByte((byte)ColumnEncoding.Times);
        using var kinds = new Scratch<ulong>(starts.Length);
        using var firsts = new Scratch<long>(starts.Length);
        using var steps = new Scratch<ulong>(starts.Length);
        using var lists = new Scratch<int>(starts.Length);
        var (stepCount, listCount) = Classify(column.Values, starts, kinds.Span, steps.Span, lists.Span);
        for (var run = 0; run < starts.Length; run++)
            firsts.Span[run] = column.Values[starts[run]];
        IntegerStream.Write(writer, kinds.Span, column.Options);
        IntegersEncoding.Write(writer, firsts.Span, WordColumn.OneRun, column.Options);
        IntegerStream.Write(writer, steps.Span[..stepCount], column.Options);
        WriteLists(writer, column, lists.Span[..listCount]);
    }

    public static void Read(ref BlockReader reader, scoped Span<long> values, scoped ReadOnlySpan<int> starts)
    {
        using var kinds = new Scratch<ulong>(starts.Length);
        using var firsts = new Scratch<long>(starts.Length);
        IntegerStream.Read(ref reader, kinds.Span);
        IntegersEncoding.Read(ref reader, firsts.Span, WordColumn.OneRun);
        using var lists = new Scratch<int>(starts.Length);
        using var listStarts = new Scratch<int>(starts.Length);
        var (newSteps, listCount, differenceCount) = (0, 0, 0);
        for (var run = 0; run < starts.Length; run++)
        {
            var kind = kinds.Span[run];
            newSteps += kind == NewStep ? 1 : 0;
            if (kind != OwnList)
                continue;
            var length = Length(starts, run, values.Length);
            if (length < 2)
                throw BlockFault.Damaged("a list of times is empty");
            lists.Span[listCount] = run;
            listStarts.Span[listCount++] = differenceCount;
            differenceCount += length - 1;
        }
        using var steps = new Scratch<ulong>(newSteps);
        using var differences = new Scratch<long>(differenceCount);
        IntegerStream.Read(ref reader, steps.Span);
        IntegersEncoding.Read(ref reader, differences.Span, listStarts.Span[..listCount]);
        Rebuild(values, starts, kinds.Span, firsts.Span, steps.Span, lists.Span[..listCount], differences.Span);
    }

    private static void Rebuild(
        Span<long> values,
        ReadOnlySpan<int> starts,
        ReadOnlySpan<ulong> kinds,
        ReadOnlySpan<long> firsts,
        ReadOnlySpan<ulong> steps,
        ReadOnlySpan<int> lists,
        ReadOnlySpan<long> differences)
    {
        long step = 0;
        var (listCount, at) = (0, 0);
        for (var run = 0; run < starts.Length; run++)
        {
            var target = values.Slice(starts[run], Length(starts, run, values.Length));
            if (kinds[run] == OwnList)
            {
                listCount++;
                target[0] = firsts[run];
                for (var i = 1; i < target.Length; i++)
                    target[i] = target[i - 1] + differences[at++];
            }
            else if (kinds[run] < FirstReference)
            {
                if (kinds[run] == NewStep)
                {
                    step = Zigzag.Decode(steps[0]);
                    steps = steps[1..];
                }
                FillSteps(target, firsts[run], step);
            }
            else
            {
                var back = kinds[run] - FirstReference;
                if (back >= (ulong)listCount)
                    throw BlockFault.Damaged("a run refers to a list of times that is not there");
                var list = lists[listCount - 1 - (int)back];
                if (Length(starts, list, values.Length) < target.Length)
                    throw BlockFault.Damaged("a run is longer than the list of times that it refers to");
                CopyShifted(values.Slice(starts[list], target.Length), target, firsts[run] - values[starts[list]]);
            }
        }
    }

    /// <summary>Decides for each run how its times are told.</summary>
    private static (int Steps, int Lists) Classify(
        ReadOnlySpan<long> values, ReadOnlySpan<int> starts, Span<ulong> kinds, Span<ulong> steps, Span<int> lists)
    {
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)starts.Length * 2);
        using var table = new Scratch<int>(size);
        table.Span.Fill(-1);
        long step = 0;
        var (stepCount, listCount) = (0, 0);
        for (var run = 0; run < starts.Length; run++)
        {
            var times = values.Slice(starts[run], Length(starts, run, values.Length));
            if (times.Length == 1 || IsArithmetic(times, step))
            {
                kinds[run] = SameStep;
            }
            else if (IsArithmetic(times, times[1] - times[0]))
            {
                step = times[1] - times[0];
                kinds[run] = NewStep;
                steps[stepCount++] = Zigzag.Encode(step);
            }
            else
            {
                ref var entry = ref table.Span[(int)(Hash(times) >> 32) & (size - 1)];
                var list = FindList(values, starts, times, lists, listCount, entry);
                if (list < 0)
                {
                    entry = listCount;
                    lists[listCount++] = run;
                    kinds[run] = OwnList;
                }
                else
                {
                    kinds[run] = (ulong)(FirstReference + listCount - 1 - list);
                }
            }
        }
        return (stepCount, listCount);
    }

    private static int FindList(
        ReadOnlySpan<long> values, ReadOnlySpan<int> starts, ReadOnlySpan<long> times, ReadOnlySpan<int> lists, int count, int candidate)
    {
        // The last list is tried besides the one of the same hash: a run that was cut by the end of a batch has the beginning of it.
        foreach (var list in (ReadOnlySpan<int>)[candidate, count - 1])
        {
            if (list < 0)
                continue;
            var start = starts[lists[list]];
            if (Length(starts, lists[list], values.Length) >= times.Length && IsShifted(values.Slice(start, times.Length), times))
                return list;
        }
        return -1;
    }

    private static void WriteLists(BlockWriter writer, in WordColumn column, ReadOnlySpan<int> lists)
    {
        var count = 0;
        foreach (var run in lists)
            count += Length(column.Starts, run, column.Values.Length) - 1;
        using var differences = new Scratch<long>(count);
        using var listStarts = new Scratch<int>(lists.Length);
        var at = 0;
        for (var list = 0; list < lists.Length; list++)
        {
            listStarts.Span[list] = at;
            var times = column.Values.Slice(column.Starts[lists[list]], Length(column.Starts, lists[list], column.Values.Length));
            for (var i = 1; i < times.Length; i++)
                differences.Span[at++] = times[i] - times[i - 1];
        }
        IntegersEncoding.Write(writer, differences.Span, listStarts.Span, column.Options);
    }

    private static int Length(ReadOnlySpan<int> starts, int run, int total) =>
        (run + 1 < starts.Length ? starts[run + 1] : total) - starts[run];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool IsArithmetic(ReadOnlySpan<long> times, long step)
    {
        ref var time = ref MemoryMarshal.GetReference(times);
        var i = 0;
        for (; i + Vector256<long>.Count < times.Length; i += Vector256<long>.Count)
        {
            var difference = Vector256.LoadUnsafe(ref time, (nuint)i + 1) - Vector256.LoadUnsafe(ref time, (nuint)i);
            if (difference != Vector256.Create(step))
                return false;
        }
        for (; i + 1 < times.Length; i++)
        {
            if (times[i + 1] - times[i] != step)
                return false;
        }
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool IsShifted(ReadOnlySpan<long> list, ReadOnlySpan<long> times)
    {
        var shift = times[0] - list[0];
        for (var i = 1; i < times.Length; i++)
        {
            if (times[i] - list[i] != shift)
                return false;
        }
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ulong Hash(ReadOnlySpan<long> times)
    {
        ulong hash = 0;
        for (var i = 1; i < times.Length; i++)
            hash = (hash ^ (ulong)(times[i] - times[i - 1])) * 0x9E3779B97F4A7C15;
        return hash;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FillSteps(Span<long> target, long first, long step)
    {
        for (var i = 0; i < target.Length; i++)
        {
            target[i] = first;
            first += step;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyShifted(ReadOnlySpan<long> list, Span<long> target, long shift)
    {
        for (var i = 0; i < target.Length; i++)
            target[i] = list[i] + shift;
    }
}
