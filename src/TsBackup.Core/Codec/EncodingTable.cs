using TsBackup.Model;

namespace TsBackup.Codec;

/// <summary>Which reader belongs to which type byte: the one place where encodings are listed.</summary>
internal static class EncodingTable
{
    private static readonly WordReaderMethod?[] s_words = new WordReaderMethod?[16];
    private static readonly TextReaderMethod?[] s_texts = new TextReaderMethod?[32];

    static EncodingTable()
    {
        s_words[(int)ColumnEncoding.None] = static (ref _, scoped _, scoped _, _) => { };
        s_words[(int)ColumnEncoding.Constant] = static (ref reader, scoped values, scoped _, _) => values.Fill((long)reader.Read64());
        s_words[(int)ColumnEncoding.Integers] = static (ref reader, scoped values, scoped starts, _) =>
            IntegersEncoding.Read(ref reader, values, starts);
        s_words[(int)ColumnEncoding.Decimals] = DecimalsEncoding.Read;
        s_words[(int)ColumnEncoding.Planes] = static (ref reader, scoped values, scoped _, _) =>
            PlanesEncoding.Read(ref reader, values, xor: false);
        s_words[(int)ColumnEncoding.XorPlanes] = static (ref reader, scoped values, scoped _, _) =>
            PlanesEncoding.Read(ref reader, values, xor: true);
        s_words[(int)ColumnEncoding.Dictionary] = DictionaryEncoding.Read;
        s_words[(int)ColumnEncoding.Runs] = static (ref reader, scoped values, scoped _, type) =>
            RunsEncoding.Read(ref reader, values, type);
        s_words[(int)ColumnEncoding.Times] = static (ref reader, scoped values, scoped starts, _) =>
            TimesEncoding.Read(ref reader, values, starts);
        s_texts[(int)ColumnEncoding.None] = static (ref _, _, _) => { };
        s_texts[(int)ColumnEncoding.Texts] = TextsEncoding.Read;
        s_texts[(int)ColumnEncoding.TextDictionary] = TextDictionaryEncoding.Read;
        s_texts[(int)ColumnEncoding.FrontCoded] = FrontCodedEncoding.Read;
        s_texts[(int)ColumnEncoding.NumberedTexts] = NumberedTextsEncoding.Read;
        s_texts[(int)ColumnEncoding.ConstantText] = ConstantTextEncoding.Read;
    }

    /// <summary>Reads all words of a column.</summary>
    public delegate void WordReaderMethod(
        ref BlockReader reader, scoped Span<long> values, scoped ReadOnlySpan<int> starts, ColumnType type);

    /// <summary>Reads <paramref name="count"/> texts into an empty column.</summary>
    public delegate void TextReaderMethod(ref BlockReader reader, int count, BytesColumn texts);

    public static WordReaderMethod WordReader(byte encoding) =>
        (encoding < s_words.Length ? s_words[encoding] : null) ?? throw BlockFault.Unknown("encoding", encoding);

    public static TextReaderMethod TextReader(byte encoding) =>
        (encoding < s_texts.Length ? s_texts[encoding] : null) ?? throw BlockFault.Unknown("encoding", encoding);
}
