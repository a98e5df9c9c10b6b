using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace TsBackup.Codec;

/// <summary>Numbers as they are or as differences along runs, divided by their common stride: the form that most others lead to.</summary>
internal static class IntegersEncoding
{
    private const byte PlainForm = 0;
    private const byte FirstForm = 1;
    private const byte SecondForm = 2;
    private const byte StrideFlag = 16;
    private const int ShortestStrided = 8;

    public static void Write(BlockWriter writer, in WordColumn column) =>
        Write(writer, column.Values, column.Starts, column.Options);

    public static void Write(BlockWriter writer, ReadOnlySpan<long> values, ReadOnlySpan<int> starts, CodecOptions options)
    {
        if (values.IsEmpty)
            return;
        using var sample = new Scratch<long>(Math.Min(values.Length, NumberSample.Size));
        var taken = sample.Span[..NumberSample.Take(values, sample.Span)];
        var divisor = Stride.Find(taken);
        if (divisor > 1 && values.Length >= ShortestStrided)
        {
            var origin = NumberBounds.Of(values).Least;
            using var quotients = new Scratch<long>(values.Length);
            if (Stride.TryDivide(values, origin, divisor, quotients.Span))
            {
                WriteForm(writer, quotients.Span, starts, options, StrideFlag, origin, divisor);
                return;
            }
        }
        WriteForm(writer, values, starts, options, 0, 0, 0);
    }

    public static void Read(ref BlockReader reader, scoped Span<long> values, scoped ReadOnlySpan<int> starts)
    {
        if (values.IsEmpty)
            return;
        var form = reader.ReadByte();
        var strided = (form & StrideFlag) != 0;
        var origin = strided ? reader.ReadZigzag() : 0;
        var divisor = strided ? reader.ReadVarint() : 0;
        switch (form & ~StrideFlag)
        {
            case PlainForm:
                ReadPlain(ref reader, values);
                break;
            case FirstForm:
                ReadDifferences(ref reader, values, starts, 1);
                break;
            case SecondForm:
                ReadDifferences(ref reader, values, starts, 2);
                break;
            default:
                throw BlockFault.Unknown("form of integers", form);
        }
        if (strided)
            Stride.Multiply(values, origin, divisor);
    }

    private static void WriteForm(
        BlockWriter writer,
        ReadOnlySpan<long> values,
        ReadOnlySpan<int> starts,
        CodecOptions options,
        byte flag,
        long origin,
        ulong divisor)
    {
        var (plain, first, second) = NumberSample.Estimate(values, starts);
        var form = plain <= first && plain <= second ? PlainForm : first <= second ? FirstForm : SecondForm;
        writer.WriteByte((byte)(form | flag));
        if (flag != 0)
        {
            writer.WriteZigzag(origin);
            writer.WriteVarint(divisor);
        }
        if (form == PlainForm)
            WritePlain(writer, values, options);
        else
            WriteDifferences(writer, values, starts, form, options);
    }

    private static void WritePlain(BlockWriter writer, ReadOnlySpan<long> values, CodecOptions options)
    {
        var least = NumberBounds.Of(values).Least;
        writer.WriteZigzag(least);
        using var numbers = new Scratch<ulong>(values.Length);
        Add(values, unchecked(-least), MemoryMarshal.Cast<ulong, long>(numbers.Span));
        IntegerStream.Write(writer, numbers.Span, options);
    }

    private static void WriteDifferences(
        BlockWriter writer, ReadOnlySpan<long> values, ReadOnlySpan<int> starts, int order, CodecOptions options)
    {
        using var firsts = new Scratch<ulong>(starts.Length);
        using var rest = new Scratch<ulong>(values.Length - starts.Length);
        Differences.Encode(values, starts, order, firsts.Span, rest.Span);
        IntegerStream.Write(writer, firsts.Span, options);
        IntegerStream.Write(writer, rest.Span, options);
    }

    private static void ReadPlain(ref BlockReader reader, scoped Span<long> values)
    {
        var least = reader.ReadZigzag();
        IntegerStream.Read(ref reader, MemoryMarshal.Cast<long, ulong>(values));
        Add(values, least, values);
    }

    private static void ReadDifferences(ref BlockReader reader, scoped Span<long> values, scoped ReadOnlySpan<int> starts, int order)
    {
        using var firsts = new Scratch<ulong>(starts.Length);
        using var rest = new Scratch<ulong>(values.Length - starts.Length);
        IntegerStream.Read(ref reader, firsts.Span);
        IntegerStream.Read(ref reader, rest.Span);
        Differences.Decode(firsts.Span, rest.Span, starts, order, values);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(ReadOnlySpan<long> values, long summand, Span<long> sums)
    {
        ref var value = ref MemoryMarshal.GetReference(values);
        ref var sum = ref MemoryMarshal.GetReference(sums[..values.Length]);
        var i = 0;
        for (; i + Vector256<long>.Count <= values.Length; i += Vector256<long>.Count)
            (Vector256.LoadUnsafe(ref value, (nuint)i) + Vector256.Create(summand)).StoreUnsafe(ref sum, (nuint)i);
        for (; i < values.Length; i++)
            sums[i] = values[i] + summand;
    }
}
