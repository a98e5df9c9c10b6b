using System.Buffers;
using System.Text;
using TsBackup.Connectors.Files;
using TsBackup.Connectors.LineProtocol;
using TsBackup.Model;
using Xunit;

namespace TsBackup.Tests.Connectors.LineProtocol;

public sealed class LineProtocolWriterTests
{
    [Fact]
    public void RandomRowsComeBackToTheSameDigest()
    {
        for (var seed = 1; seed <= 300; seed++)
        {
            var random = new Random(seed);
            using var batch = RandomBatches.Make(random, random.Next(1, 6), random.Next(1, 40));
            var measurement = RandomBatches.Name(random, 0);
            var output = new ArrayBufferWriter<byte>();
            var writer = new LineProtocolWriter();
            var middle = random.Next(batch.RowCount + 1);
            var written = writer.Write(measurement, batch, 0, middle, output) + writer.Write(measurement, batch, middle, batch.RowCount, output);
            Assert.True(written == batch.RowCount, $"seed {seed}: {string.Join(' ', writer.Refusals)}");
            Assert.True(DigestOf(batch) == DigestOf(ReadBack(output.WrittenSpan, measurement)), $"seed {seed}");
        }
    }

    [Fact]
    public void ValuesAreWrittenAsTheServerReadsThem()
    {
        using var batch = One(
            ("f", ColumnType.Float64, -0.0), ("i", ColumnType.Int64, long.MinValue), ("u", ColumnType.UInt64, ulong.MaxValue),
            ("b", ColumnType.Boolean, true), ("s s", ColumnType.String, "a\"b\\c\nd"));
        Assert.Equal("m\\ 1,t\\,\\=\\ =v f=-0,i=-9223372036854775808i,u=18446744073709551615u,b=t,s\\ s=\"a\\\"b\\\\c\nd\" 7\n", Write("m 1", batch, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("#m")]
    [InlineData("\tm")]
    [InlineData("\0m")]
    [InlineData("m\\")]
    [InlineData("m\nn")]
    public void AMeasurementThatCannotBeSaidIsRefused(string measurement)
    {
        using var batch = One(("f", ColumnType.Float64, 1.0));
        Assert.Equal("", Write(measurement, batch, out var refusals));
        Assert.Equal(1, Assert.Single(refusals).Rows);
    }

    [Fact]
    public void AMeasurementWithHalfACharacterIsRefused()
    {
        using var batch = One(("f", ColumnType.Float64, 1.0));
        Assert.Equal("", Write("m" + (char)0xD800, batch, out var refusals));
        Assert.Equal(1, Assert.Single(refusals).Rows);
    }

    [Theory]
    [InlineData("")]
    [InlineData("f\\")]
    [InlineData("f\ng")]
    [InlineData("\tf")]
    [InlineData("f\\,g")]
    [InlineData("f\\=g")]
    [InlineData("f\\ g")]
    [InlineData("f\\\\\\ g")]
    public void AFieldKeyThatCannotBeSaidIsRefused(string field)
    {
        using var batch = One((field, ColumnType.Float64, 1.0));
        Assert.Equal("", Write("m", batch, out var refusals));
        Assert.Equal(1, Assert.Single(refusals).Rows);
    }

    [Theory]
    [InlineData("f\\g")]
    [InlineData("f\\\\ g")]
    [InlineData("f\\\"g")]
    [InlineData("f\"g")]
    [InlineData("\\f")]
    [InlineData("#f")]
    public void OddFieldKeysThatCanBeSaidComeBack(string field)
    {
        using var batch = One((field, ColumnType.Float64, 1.0));
        var text = Write("m", batch, out var refusals);
        Assert.Empty(refusals);
        Assert.Equal(DigestOf(batch), DigestOf(ReadBack(Encoding.UTF8.GetBytes(text), "m")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("v\\")]
    [InlineData("a\nb")]
    public void ATagValueThatCannotBeSaidIsRefused(string value)
    {
        using var batch = One(value, ("f", ColumnType.Float64, 1.0));
        Assert.Equal("", Write("m", batch, out var refusals));
        Assert.Equal(1, Assert.Single(refusals).Rows);
    }

    [Theory]
    [InlineData("a\\b")]
    [InlineData("a\\,b")]
    [InlineData("a\\\\ b")]
    [InlineData("=")]
    [InlineData(" ")]
    [InlineData("\"")]
    public void OddTagValuesThatCanBeSaidComeBack(string value)
    {
        using var batch = One(value, ("f", ColumnType.Float64, 1.0));
        var text = Write("m", batch, out var refusals);
        Assert.Empty(refusals);
        Assert.Equal(DigestOf(batch), DigestOf(ReadBack(Encoding.UTF8.GetBytes(text), "m")));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void ARowWithAFloatThatIsNoNumberIsRefusedAsAWhole(double value)
    {
        using var batch = One(("a", ColumnType.Float64, 1.0), ("f", ColumnType.Float64, value));
        Assert.Equal("", Write("m", batch, out var refusals));
        Assert.Equal(1, Assert.Single(refusals).Rows);
    }

    [Fact]
    public void ARowWithoutValuesAndARowWithTwoOfOneFieldAreRefused()
    {
        using var batch = new Batch();
        var time = (FixedColumn<long>)batch.AddColumn(new ColumnSchema("time", ColumnRole.Time, ColumnType.Timestamp));
        var number = (FixedColumn<double>)batch.AddColumn(new ColumnSchema("v", ColumnRole.Value, ColumnType.Float64));
        var whole = (FixedColumn<long>)batch.AddColumn(new ColumnSchema("v", ColumnRole.Value, ColumnType.Int64));
        time.Append([1, 2, 3, 4]);
        number.AppendNull();
        number.Append(1.5);
        number.Append(2.5);
        whole.AppendNulls(2);
        whole.Append(2);
        whole.Append(3);
        batch.EndRun(4);
        batch.Seal();
        Assert.Equal("m v=1.5 2\nm v=3i 4\n", Write("m", batch, out var refusals));
        Assert.Equal(2, refusals.Count);
        Assert.All(refusals, refusal => Assert.Equal(1, refusal.Rows));
    }

    [Fact]
    public void WhatHasNoPlaceInLineProtocolIsRefused()
    {
        using var batch = One(("f", ColumnType.Float64, 1.0), ("x", ColumnType.Binary, "y"));
        Assert.Equal("", Write("m", batch, out var refusals));
        Assert.Equal(1, Assert.Single(refusals).Rows);
        using var timeless = new Batch(rowsAreTuples: true);
        ((FixedColumn<double>)timeless.AddColumn(new ColumnSchema("f", ColumnRole.Value, ColumnType.Float64))).Append(1);
        timeless.EndRun(1);
        Assert.Equal("", Write("m", timeless.Seal(), out refusals));
        Assert.Equal(1, Assert.Single(refusals).Rows);
    }

    internal static Batch One(params (string Name, ColumnType Type, object Value)[] fields) => One("v", fields);

    internal static Batch One(string tag, params (string Name, ColumnType Type, object Value)[] fields)
    {
        var batch = new Batch();
        ((FixedColumn<long>)batch.AddColumn(new ColumnSchema("time", ColumnRole.Time, ColumnType.Timestamp))).Append(7);
        ((BytesColumn)batch.AddColumn(new ColumnSchema("t,= ", ColumnRole.Key, ColumnType.String))).Append(tag);
        foreach (var (name, type, value) in fields)
        {
            switch (batch.AddColumn(new ColumnSchema(name, ColumnRole.Value, type)))
            {
                case FixedColumn<double> c:
                    c.Append((double)value);
                    break;
                case FixedColumn<long> c:
                    c.Append((long)value);
                    break;
                case FixedColumn<ulong> c:
                    c.Append((ulong)value);
                    break;
                case FixedColumn<bool> c:
                    c.Append((bool)value);
                    break;
                case BytesColumn c:
                    c.Append((string)value);
                    break;
            }
        }
        batch.EndRun(1);
        return batch.Seal();
    }

    private static string Write(string measurement, Batch batch, out IReadOnlyList<LineProtocolRefusal> refusals)
    {
        var writer = new LineProtocolWriter();
        var output = new ArrayBufferWriter<byte>();
        var written = writer.Write(measurement, batch, 0, batch.RowCount, output);
        refusals = writer.Refusals;
        Assert.Equal(batch.RowCount, written + refusals.Sum(refusal => refusal.Rows));
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static SliceDigest DigestOf(Batch batch)
    {
        using var digester = new SliceDigester();
        digester.Append(batch);
        return digester.Finish().Digest;
    }

    private static Batch ReadBack(ReadOnlySpan<byte> text, string measurement)
    {
        using var parser = new LineProtocolParser(new MemoryStream(text.ToArray()), "x.lp");
        var columns = new ColumnNumbers();
        using var builder = new BatchBuilder(columns);
        var change = -1L;
        while (parser.Read())
        {
            if (change != parser.SeriesChanges)
            {
                Assert.Equal(measurement, LineSeries.Parse(parser.Series).Measurement);
                builder.ChangeSeries(parser.Series);
                change = parser.SeriesChanges;
            }
            builder.AddRow(parser.Time);
            foreach (ref readonly var field in parser.Fields)
            {
                var column = columns.Of(parser, field);
                if (field.Type == ColumnType.String)
                    LineProtocolParser.AppendText(parser.EscapedText(field), builder.TextColumn(column, field.Length));
                else
                    builder.Add(column, field.Bits);
            }
        }
        return builder.Take()!;
    }
}
