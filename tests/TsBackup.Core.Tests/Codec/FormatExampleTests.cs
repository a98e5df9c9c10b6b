using TsBackup.Codec;
using TsBackup.Model;
using Xunit;

namespace TsBackup.Tests.Codec;

/// <summary>The worked examples of FORMAT.md section 11, byte by byte.</summary>
public sealed class FormatExampleTests
{
    private static readonly CodecOptions s_options = CodecOptions.Default;

    [Fact]
    public void Block()
    {
        using var batch = new Batch();
        var column = (FixedColumn<long>)batch.AddColumn(new ColumnSchema("v", ColumnRole.Value, ColumnType.Int64));
        column.Reserve(10).Fill(5);
        batch.EndRun(10);
        Assert.Equal(Packed("01 00 0A 01 01 03 02 01 76 00 14 00 00 0A000000 00 01 0500000000000000"),
            Convert.ToHexString(BlockCodecTests.Encode(batch.Seal())));
    }

    [Fact]
    public void RepeatedBytes() => AssertWritten("0161", writer => ByteStream.Write(writer, "aaaaaaaaaaaaaaaa"u8));

    [Fact]
    public void RangedBytes() =>
        AssertWritten("03 61 62 C01F 40 00 C0A20000 C0A20000 C0A20000 803A2800", writer => ByteStream.Write(
            writer, "aaaaaaaaaaaaaaabaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"u8));

    [Fact]
    public void PackedIntegers() => AssertWritten("01 01 02 24", writer => IntegerStream.Write(writer, [1, 2, 3], s_options));

    [Fact]
    public void Tokens()
    {
        var token = new byte[1];
        TokenAlphabet.Tokenize([100], token, TokenAlphabet.Coarse);
        Assert.Equal(22, token[0]);
        Assert.Equal(4, TokenAlphabet.ExtraBits(22, TokenAlphabet.Coarse));
    }

    [Fact]
    public void Integers() =>
        AssertWritten("12 14 0A 00 00 01 01 01 AB", writer => IntegersEncoding.Write(
            writer, [10, 20, 40, 50, 70, 80, 100, 110, 130], [0], s_options));

    [Fact]
    public void Decimals() =>
        AssertWritten("03 02 00 00 00 FA01 01 00 07 19C012", writer => Words(writer, ColumnType.Float64, Bits(1.5), Bits(1.25), Bits(2.0)));

    [Fact]
    public void Dictionary() => AssertWritten("06 02 02 00 9003 01 00 11 00007824 02 00 00 01 00 01 18638C31C6", writer => Words(
        writer, ColumnType.Int64, [.. Enumerable.Range(0, 40).Select(i => i * 7 % 5 % 2 == 0 ? 200L : 70_404L)]));

    [Fact]
    public void Runs() => AssertWritten("07 02 01 07 03 04 02 00 0E 01 00 02 08", writer => Words(
        writer, ColumnType.Int64, [.. Enumerable.Range(0, 20).Select(i => i < 12 ? 7L : 9L)]));

    [Fact]
    public void Times() =>
        AssertWritten("08 01 00 02 C6 00 00 01 00 03 400F 00 14 00 02 01 00 02 08", writer => TimesEncoding.Write(
            writer, new WordColumn([0, 10, 20, 0, 10, 20, 5, 6, 9, 7, 8, 11], [0, 3, 6, 9], ColumnType.Timestamp, s_options)));

    [Fact]
    public void SequencesOfBits() => AssertWritten("02 02 01 04 05 16 00", writer => BitSequence.Write(
        writer, [0b11_1111_1111_1111_1111_0000_0111_1111_1111_1111_1111_1111_1111], 46, s_options));

    [Fact]
    public void NumberedTexts() =>
        AssertWritten("13 05 686F73745F 00 00 01 00 0E 00 02", writer => Texts(writer, "host_7", "host_8", "host_9"));

    [Fact]
    public void FrontCodedTexts() =>
        AssertWritten("12 00 00 01 00 02 2C 00 02 01 00 02 07 00 61626378 7979 64", writer => Texts(writer, "abcx", "abcyy", "abd"));

    [Fact]
    public void DictionaryOfTexts() =>
        AssertWritten("11 02 10 00 02 00 00 00 61 62 00 00 01 00 01 02", writer => Texts(writer, "a", "b", "a", "a"));

    [Fact]
    public void PlainTexts() => AssertWritten("10 00 02 01 00 01 02 00 78 797A", writer => Texts(writer, "x", "yz"));

    [Fact]
    public void ConstantText() => AssertWritten("14 02 00 6162", writer => Texts(writer, "ab", "ab"));

    [Fact]
    public void Lists()
    {
        using var column = new ListColumn(new ColumnSchema("l", ColumnRole.Value, ColumnType.StringList));
        column.Items.Append("a");
        column.Items.AppendNull();
        column.EndList();
        column.EndList();
        AssertWritten("18 00 00 01 00 02 02 01 00 00 01 14 01 00 61", writer => ColumnCodec.Write(writer, column, [0], s_options));
    }

    private static string Packed(string hex) => hex.Replace(" ", "", StringComparison.Ordinal);

    private static long Bits(double value) => BitConverter.DoubleToInt64Bits(value);

    private static void Words(BlockWriter writer, ColumnType type, params long[] words) =>
        WordEncoding.Write(writer, new WordColumn(words, WordColumn.OneRun, type, s_options));

    private static void Texts(BlockWriter writer, params string[] texts)
    {
        using var column = new BytesColumn(new ColumnSchema("t", ColumnRole.Value, ColumnType.String));
        foreach (var text in texts)
            column.Append(text);
        TextEncoding.Write(writer, new TextColumn(column.Ends, column.Data, s_options));
    }

    private static void AssertWritten(string hex, Action<BlockWriter> write)
    {
        using var writer = new BlockWriter();
        write(writer);
        Assert.Equal(Packed(hex), Convert.ToHexString(writer.Written));
    }
}
