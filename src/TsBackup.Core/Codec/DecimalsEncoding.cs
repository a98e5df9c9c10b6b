using TsBackup.Model;

namespace TsBackup.Codec;

/// <summary>
/// Floats that are the nearest to an integer divided by a power of ten, which is what a number printed with few decimals is. Every
/// value's bits are compared with what the reader will compute; values that do not come back exactly are kept aside as exceptions.
/// </summary>
internal static class DecimalsEncoding
{
    public static void Write(BlockWriter writer, in WordColumn column, int decimals)
    {
        var values = column.Values;
        using var integers = new Scratch<long>(values.Length);
        using var positions = new Scratch<int>(values.Length);
        var scaled = integers.Span;
        var count = column.Type == ColumnType.Float32
            ? DecimalScale.Scale32(values, decimals, scaled, positions.Span)
            : DecimalScale.Scale64(values, decimals, scaled, positions.Span);
        var exceptions = positions.Span[..count];
        foreach (var position in exceptions)
            scaled[position] = position == 0 ? 0 : scaled[position - 1];
        writer.WriteByte((byte)decimals);
        writer.WriteVarint((ulong)count);
        WriteExceptions(writer, column, exceptions);
        IntegersEncoding.Write(writer, scaled, column.Starts, column.Options);
    }

    public static void Read(ref BlockReader reader, scoped Span<long> values, scoped ReadOnlySpan<int> starts, ColumnType type)
    {
        var decimals = reader.ReadByte();
        if (decimals > DecimalScale.MaxDecimals)
            throw BlockFault.Damaged("a float has too many decimals");
        if (type is not (ColumnType.Float32 or ColumnType.Float64))
            throw BlockFault.Damaged("a column without floats has decimals");
        var count = reader.ReadCount(values.Length);
        using var gaps = new Scratch<ulong>(count);
        using var exceptions = new Scratch<long>(count);
        IntegerStream.Read(ref reader, gaps.Span);
        WordEncoding.Read(ref reader, exceptions.Span, WordColumn.OneRun, type);
        IntegersEncoding.Read(ref reader, values, starts);
        if (type == ColumnType.Float32)
            DecimalScale.Restore32(values, decimals);
        else
            DecimalScale.Restore64(values, decimals);
        var position = -1L;
        for (var i = 0; i < count; i++)
        {
            var gap = gaps.Span[i];
            if (gap >= (ulong)(values.Length - 1 - position))
                throw BlockFault.Damaged("an exception lies outside its column");
            position += (long)gap + 1;
            values[(int)position] = exceptions.Span[i];
        }
    }

    private static void WriteExceptions(BlockWriter writer, in WordColumn column, ReadOnlySpan<int> positions)
    {
        using var gaps = new Scratch<ulong>(positions.Length);
        using var exceptions = new Scratch<long>(positions.Length);
        var next = 0;
        for (var i = 0; i < positions.Length; i++)
        {
            gaps.Span[i] = (ulong)(positions[i] - next);
            next = positions[i] + 1;
            exceptions.Span[i] = column.Values[positions[i]];
        }
        IntegerStream.Write(writer, gaps.Span, column.Options);
        WordEncoding.Write(writer, column.Nested(exceptions.Span));
    }
}
