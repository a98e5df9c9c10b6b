using TsBackup.Model;

namespace TsBackup.Codec;

/// <summary>
/// The present values of a column as words of 64 bits: integers as they are, floats as their bits (32-bit floats in the lower half).
/// Encodings work on words, so that each is written once for all types.
/// </summary>
internal readonly ref struct WordColumn(ReadOnlySpan<long> values, ReadOnlySpan<int> starts, ColumnType type, CodecOptions options)
{
    private static readonly int[] s_oneRun = [0];

    /// <summary>The words.</summary>
    public ReadOnlySpan<long> Values { get; } = values;

    /// <summary>Index of the first word of each run that has one; the first is 0.</summary>
    public ReadOnlySpan<int> Starts { get; } = starts;

    public ColumnType Type { get; } = type;

    public CodecOptions Options { get; } = options;

    /// <summary>The starts of words that are no series.</summary>
    public static ReadOnlySpan<int> OneRun => s_oneRun;

    /// <summary>Other words of the same column, in no series.</summary>
    public WordColumn Nested(ReadOnlySpan<long> values) => new(values, OneRun, Type, Options);
}
