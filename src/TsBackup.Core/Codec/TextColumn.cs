namespace TsBackup.Codec;

/// <summary>The present texts of a column, end to end.</summary>
internal readonly ref struct TextColumn(ReadOnlySpan<int> ends, ReadOnlySpan<byte> data, CodecOptions options)
{
    /// <summary>Index after the last byte of each text.</summary>
    public ReadOnlySpan<int> Ends { get; } = ends;

    public ReadOnlySpan<byte> Data { get; } = data;

    public CodecOptions Options { get; } = options;

    public int Count => Ends.Length;

    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            var start = index == 0 ? 0 : Ends[index - 1];
            return Data[start..Ends[index]];
        }
    }
}
