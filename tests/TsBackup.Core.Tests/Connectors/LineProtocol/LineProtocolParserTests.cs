using System.Text;
using TsBackup.Connectors.LineProtocol;
using TsBackup.Errors;
using TsBackup.Model;
using Xunit;

namespace TsBackup.Tests.Connectors.LineProtocol;

public sealed class LineProtocolParserTests
{
    [Fact]
    public void APointIsTakenApart()
    {
        using var parser = Parse("weather,location=us-midwest,season=summer temperature=82.5,count=3i,big=18446744073709551615u,ok=t,note=\"a \\\"b\\\" c\\\\\" -1465839830100400200\n");
        Assert.True(parser.Read());
        var series = LineSeries.Parse(parser.Series);
        Assert.Equal("weather", series.Measurement);
        Assert.Equal(["location=us-midwest", "season=summer"], series.Tags.Select(tag => $"{tag.Key}={Encoding.UTF8.GetString(tag.Value)}"));
        Assert.Equal(
            [ColumnType.Float64, ColumnType.Int64, ColumnType.UInt64, ColumnType.Boolean, ColumnType.String],
            parser.Fields.ToArray().Select(field => field.Type));
        Assert.Equal(82.5, BitConverter.Int64BitsToDouble(parser.Fields[0].Bits));
        Assert.Equal(3, parser.Fields[1].Bits);
        Assert.Equal(ulong.MaxValue, (ulong)parser.Fields[2].Bits);
        Assert.Equal(1, parser.Fields[3].Bits);
        Assert.Equal("a \"b\" c\\", TextOf(parser, 4));
        Assert.Equal(-1465839830100400200, parser.Time);
        Assert.False(parser.Read());
    }

    [Fact]
    public void CommentsEmptyLinesAndCarriageReturnsArePassedOver()
    {
        using var parser = Parse("# one\r\n\r\n   \n  # two\nm v=1 1\r\n\nm v=2 2");
        Assert.True(parser.Read());
        Assert.Equal(5, parser.LineNumber);
        Assert.True(parser.Read());
        Assert.Equal(2, parser.Time);
        Assert.Equal(7, parser.LineNumber);
        Assert.False(parser.Read());
        Assert.True(parser.IsUnended);
        Assert.False(parser.Read());
    }

    [Fact]
    public void EscapesAreTheServersOwn()
    {
        using var parser = Parse("a\\,b\\ c\\=d,t\\ \\,\\=k=v\\ \\,\\=\\x f\\ \\,\\=\\\"k=1 1\n");
        Assert.True(parser.Read());
        var series = LineSeries.Parse(parser.Series);
        Assert.Equal("a,b c\\=d", series.Measurement);
        Assert.Equal("t ,=k", series.Tags[0].Key);
        Assert.Equal("v ,=\\x", Encoding.UTF8.GetString(series.Tags[0].Value));
        Assert.Equal("f ,=\"k", parser.FieldName(parser.Fields[0].Key));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(64)]
    [InlineData(4096)]
    public void TextsMayReachOverLinesAndBuffers(int bufferSize)
    {
        var text = string.Join("\n", Enumerable.Range(0, 50).Select(i => $"line {i}, \\\"x=1\\\\ \\\\")) + "\\";
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes($"m a=\"{text}n\",b=\"\n\",c=2i 5\nm a=\"\n\n\" 6\nm c=1i 7\n"));
        using var parser = new LineProtocolParser(stream, "x.lp", 1, bufferSize);
        Assert.True(parser.Read());
        Assert.Equal(text.Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal) + "n", TextOf(parser, 0));
        Assert.Equal("\n", TextOf(parser, 1));
        Assert.Equal(2, parser.Fields[2].Bits);
        Assert.True(parser.Read());
        Assert.Equal("\n\n", TextOf(parser, 0));
        Assert.Equal(52, parser.LineNumber);
        Assert.True(parser.Read());
        Assert.Equal(7, parser.Time);
        Assert.Equal(55, parser.LineNumber);
    }

    [Fact]
    public void TagsInAnyOrderAreOneSeries()
    {
        using var parser = Parse("m,b=2,a=1 v=1 1\nm,a=1,b=2 v=1 2\nm,a=1,b=3 v=1 3\n");
        parser.Read();
        var first = parser.Series.ToArray();
        var changes = parser.SeriesChanges;
        parser.Read();
        Assert.Equal(first, parser.Series.ToArray());
        Assert.Equal(changes, parser.SeriesChanges);
        parser.Read();
        Assert.NotEqual(changes, parser.SeriesChanges);
    }

    [Fact]
    public void SeriesBeyondThoseThatAreRememberedAreReadAllTheSame()
    {
        const int count = 70_000;
        var text = new StringBuilder();
        for (var i = 0; i < 2 * count; i++)
            text.Append("m,b=").Append(i % count).Append(i % 2 == 0 ? ",a=1" : "").Append(" v=1 1\n");
        using var parser = new LineProtocolParser(new MemoryStream(Encoding.UTF8.GetBytes(text.ToString())), "x");
        var names = new Dictionary<int, string>();
        for (var i = 0; i < 2 * count; i++)
        {
            Assert.True(parser.Read());
            var series = Encoding.UTF8.GetString(parser.Series);
            Assert.Equal($"m,{(i % 2 == 0 ? "a=1," : "")}b={i % count}", series);
            if (parser.SeriesNumber >= 0)
                Assert.Equal(series, names.TryAdd(parser.SeriesNumber, series) ? series : names[parser.SeriesNumber]);
        }
        Assert.InRange(names.Count, 1, count - 1);
        Assert.False(parser.Read());
    }

    [Fact]
    public void ASeriesThatBeginsLikeAnotherIsAnother()
    {
        using var parser = Parse("m,a=1 v=1 1\nm,a=1,b=1 v=1 1\nm,a=1\\ 2 v=1 1\nm v=1 1\n");
        var names = new List<string>();
        while (parser.Read())
            names.Add(Encoding.UTF8.GetString(parser.Series));
        Assert.Equal(["m,a=1", "m,a=1,b=1", "m,a=1\\ 2", "m"], names);
    }

    [Theory]
    [InlineData("m v=1")]
    [InlineData("m v=1 ")]
    [InlineData("m")]
    [InlineData("m 5")]
    [InlineData("m,t=1 5")]
    [InlineData("m,t=1")]
    [InlineData(",t=1 v=1 5")]
    [InlineData("m,t v=1 5")]
    [InlineData("m,t= v=1 5")]
    [InlineData("m,=1 v=1 5")]
    [InlineData("m,,t=1 v=1 5")]
    [InlineData("m,t=1, v=1 5")]
    [InlineData("m,t=1=2 v=1 5")]
    [InlineData("m,t=1,t=2 v=1 5")]
    [InlineData("m,t=1,a=1,t=1 v=1 5")]
    [InlineData("m v= 5")]
    [InlineData("m =1 5")]
    [InlineData("m v=1,=2 5")]
    [InlineData("m v=1, 5")]
    [InlineData("m v=1,,w=2 5")]
    [InlineData("m v=1,v=2 5")]
    [InlineData("m v=1,w=2,v=2 5")]
    [InlineData("m v=1x 5")]
    [InlineData("m v=1.5i 5")]
    [InlineData("m v=i 5")]
    [InlineData("m v=-1u 5")]
    [InlineData("m v=9223372036854775808i 5")]
    [InlineData("m v=18446744073709551616u 5")]
    [InlineData("m v=1e999 5")]
    [InlineData("m v=NaN 5")]
    [InlineData("m v=+Inf 5")]
    [InlineData("m v=yes 5")]
    [InlineData("m v=tRUE 5")]
    [InlineData("m v=\"abc 5")]
    [InlineData("m v=\"abc\\\" 5")]
    [InlineData("m v=\"abc\"d 5")]
    [InlineData("m v=\"abc\"\"d\" 5")]
    [InlineData("m v=1 5.0")]
    [InlineData("m v=1 5 6")]
    [InlineData("m v=1 x")]
    [InlineData("m v=1 9223372036854775808")]
    [InlineData("m v=1 -9223372036854775809")]
    [InlineData("m v\\=1 5")]
    [InlineData("m v\\\\=1 5")]
    [InlineData("m v\\\\,w=1 5")]
    public void ABadLineIsAnErrorThatNamesFileAndLine(string line)
    {
        using var parser = Parse($"m v=1 1\n\n{line}\n");
        Assert.True(parser.Read());
        var error = Assert.Throws<TsBackupException>(() => parser.Read());
        Assert.Equal(ErrorId.LineProtocolInvalid, error.Id);
        Assert.Equal("x.lp", error.Target);
        Assert.Contains("Line 3 of 'x.lp'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x80, "m v=1 1")]
    [InlineData(0x80, "m?,t=1 v=1 1")]
    [InlineData(0x80, "m,t?=1 v=1 1")]
    [InlineData(0x80, "m v?=1 1")]
    public void NamesThatAreNoUtf8AreErrors(int bad, string line)
    {
        var bytes = Encoding.UTF8.GetBytes(line.Contains('?', StringComparison.Ordinal) ? line : "?" + line);
        bytes[Array.IndexOf(bytes, (byte)'?')] = (byte)bad;
        using var parser = new LineProtocolParser(new MemoryStream(bytes), "x.lp");
        Assert.Equal(ErrorId.LineProtocolInvalid, Assert.Throws<TsBackupException>(() => parser.Read()).Id);
    }

    [Fact]
    public void TimestampsOfOtherPrecisionAreScaledOrRefused()
    {
        using var parser = new LineProtocolParser(new MemoryStream("m v=1 -5\nm v=1 9223372037\n"u8.ToArray()), "x.lp", 1_000_000_000);
        Assert.True(parser.Read());
        Assert.Equal(-5_000_000_000, parser.Time);
        Assert.Throws<TsBackupException>(() => parser.Read());
    }

    [Fact]
    public void AnEndlessLineIsAnErrorAndNoHang()
    {
        using var parser = new LineProtocolParser(new EndlessStream(), "x.lp");
        Assert.Equal(ErrorId.LineProtocolInvalid, Assert.Throws<TsBackupException>(() => parser.Read()).Id);
    }

    [Fact]
    public void AQuoteLeftOpenCostsTimeInProportion()
    {
        var text = "m v=\"" + new string('\n', 4 << 20);
        using var parser = Parse(text);
        Assert.Equal(ErrorId.LineProtocolInvalid, Assert.Throws<TsBackupException>(() => parser.Read()).Id);
    }

    [Fact]
    public void CancellationIsHeard()
    {
        using var parser = Parse("m v=1 1\n");
        Assert.Throws<OperationCanceledException>(() => parser.Read(new CancellationToken(canceled: true)));
    }

    private static LineProtocolParser Parse(string text) => new(new MemoryStream(Encoding.UTF8.GetBytes(text)), "x.lp");

    private static string TextOf(LineProtocolParser parser, int field)
    {
        using var column = new BytesColumn(new ColumnSchema("x", ColumnRole.Value, ColumnType.String));
        LineProtocolParser.AppendText(parser.EscapedText(parser.Fields[field]), column);
        return Encoding.UTF8.GetString(column[0]);
    }

    private sealed class EndlessStream : MemoryStream
    {
        public override int Read(byte[] buffer, int offset, int count)
        {
            buffer.AsSpan(offset, count).Fill((byte)'x');
            return count;
        }
    }
}
