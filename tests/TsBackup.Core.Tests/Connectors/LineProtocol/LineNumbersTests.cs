using System.Globalization;
using System.Text;
using TsBackup.Connectors.LineProtocol;
using Xunit;

namespace TsBackup.Tests.Connectors.LineProtocol;

public sealed class LineNumbersTests
{
    [Fact]
    public void EveryDoubleComesBackToItsBits()
    {
        const int seed = 20260101;
        var random = new Random(seed);
        Span<byte> text = stackalloc byte[LineNumbers.MaxLength];
        for (var i = 0; i < 200_000; i++)
        {
            var value = RandomBatches.Double(random);
            var length = LineNumbers.Format(value, text);
            Assert.True(LineNumbers.TryParse(text[..length], out double back), $"seed {seed}: {value:R}");
            Assert.True(
                BitConverter.DoubleToInt64Bits(value) == BitConverter.DoubleToInt64Bits(back),
                $"seed {seed}: {value:R} came back as {back:R} from {Encoding.ASCII.GetString(text[..length])}");
        }
    }

    [Fact]
    public void DecimalTextsMeanWhatTheRuntimeReads()
    {
        const int seed = 7;
        var random = new Random(seed);
        for (var i = 0; i < 100_000; i++)
        {
            var digits = string.Concat(Enumerable.Range(0, random.Next(1, 22)).Select(_ => (char)('0' + random.Next(10))));
            var text = (random.Next(2) == 0 ? "-" : "") + digits.Insert(random.Next(digits.Length + 1), ".");
            Assert.True(LineNumbers.TryParse(Encoding.ASCII.GetBytes(text), out double value), text);
            var expected = double.Parse(text, CultureInfo.InvariantCulture);
            Assert.True(BitConverter.DoubleToInt64Bits(expected) == BitConverter.DoubleToInt64Bits(value), $"seed {seed}: {text}");
        }
    }

    [Theory]
    [InlineData("1.25", "1.25")]
    [InlineData("-0", "-0")]
    [InlineData("100", "100")]
    [InlineData("-0.5", "-0.5")]
    [InlineData("0.0001", "0.0001")]
    public void ShortDecimalsStayShort(string value, string expected)
    {
        Span<byte> text = stackalloc byte[LineNumbers.MaxLength];
        var length = LineNumbers.Format(double.Parse(value, CultureInfo.InvariantCulture), text);
        Assert.Equal(expected, Encoding.ASCII.GetString(text[..length]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("+1")]
    [InlineData("1e")]
    [InlineData("1e400")]
    [InlineData("-1e400")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("1.2.3")]
    [InlineData("0x10")]
    [InlineData(" 1")]
    [InlineData("1_000")]
    public void WhatIsNoFloatIsRefused(string text) => Assert.False(LineNumbers.TryParse(Encoding.ASCII.GetBytes(text), out double _));

    [Theory]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    [InlineData("-0", 0L)]
    [InlineData("007", 7L)]
    public void WholeNumbersKeepTheirRange(string text, long expected)
    {
        Assert.True(LineNumbers.TryParse(Encoding.ASCII.GetBytes(text), out long value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("+9223372036854775807")]
    [InlineData("12a")]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("1.0")]
    public void WhatIsNoWholeNumberIsRefused(string text) => Assert.False(LineNumbers.TryParse(Encoding.ASCII.GetBytes(text), out long _));

    [Theory]
    [InlineData("18446744073709551616")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("")]
    public void WhatIsNoUnsignedNumberIsRefused(string text) => Assert.False(LineNumbers.TryParse(Encoding.ASCII.GetBytes(text), out ulong _));
}
