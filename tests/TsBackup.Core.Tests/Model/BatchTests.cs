using TsBackup.Model;
using Xunit;

namespace TsBackup.Tests.Model;

public sealed class BatchTests
{
    private static readonly ColumnSchema s_key = new("k", ColumnRole.Key, ColumnType.String);
    private static readonly ColumnSchema s_value = new("v", ColumnRole.Value, ColumnType.Int64);

    [Fact]
    public void AColumnLeftOutOfARunIsFilledWithNullsBeforeTheNext()
    {
        using var batch = new Batch();
        var value = (FixedColumn<long>)batch.AddColumn(s_value);
        batch.EndRun(3);
        value.Append(7);
        batch.EndRun(1);
        batch.Seal();
        Assert.Equal(3, value.NullCount);
        Assert.Equal([0L, 0, 0, 7], value.Values.ToArray());
        Assert.True(value.IsValid(3) && !value.IsValid(2));
    }

    [Fact]
    public void AColumnAddedLateIsNullInEarlierRows()
    {
        using var batch = new Batch();
        batch.EndRun(70);
        var key = (BytesColumn)batch.AddColumn(s_key);
        var value = (FixedColumn<long>)batch.AddColumn(s_value);
        key.Append("x");
        value.Append([1, 2]);
        batch.EndRun(2);
        batch.Seal();
        Assert.Equal((2, 1), (key.Count, key.NullCount));
        Assert.Equal((72, 70), (value.Count, value.NullCount));
        Assert.Equal(0b1100_0000UL, value.Validity[1]);
    }

    [Fact]
    public void TooManySlotsAreRefused()
    {
        using var batch = new Batch();
        ((FixedColumn<long>)batch.AddColumn(s_value)).Append([1, 2]);
        batch.EndRun(1);
        Assert.Throws<InvalidOperationException>(() => batch.Seal());
    }

    [Fact]
    public void ARowWithoutTimeIsRefused()
    {
        using var batch = new Batch();
        batch.AddColumn(new ColumnSchema("time", ColumnRole.Time, ColumnType.Timestamp));
        batch.EndRun(1);
        Assert.Throws<InvalidOperationException>(() => batch.Seal());
    }

    [Fact]
    public void OneNameMayComeWithSeveralRolesAndTypes()
    {
        using var batch = new Batch();
        batch.AddColumn(s_value);
        batch.AddColumn(s_value with { Role = ColumnRole.Key });
        batch.AddColumn(s_value with { Type = ColumnType.Float64 });
        Assert.Throws<ArgumentException>(() => batch.AddColumn(s_value));
        Assert.Equal(3, batch.Columns.Count);
    }

    [Fact]
    public void ASecondTimeColumnIsRefused()
    {
        using var batch = new Batch();
        batch.AddColumn(new ColumnSchema("time", ColumnRole.Time, ColumnType.Timestamp));
        Assert.Throws<ArgumentException>(() => batch.AddColumn(new ColumnSchema("t2", ColumnRole.Time, ColumnType.Timestamp)));
    }

    [Fact]
    public void RunsAndPointsAreCounted()
    {
        using var batch = new Batch();
        var value = (FixedColumn<long>)batch.AddColumn(s_value);
        for (var run = 1; run <= 40; run++)
        {
            for (var i = 0; i < run; i++)
            {
                if (i % 2 == 0)
                    value.Append(i);
                else
                    value.AppendNull();
            }
            batch.EndRun(run);
        }
        batch.Seal();
        Assert.Equal((40, 820, 420L), (batch.RunCount, batch.RowCount, batch.PointCount));
        Assert.Equal((780, 820), (batch.RunStart(39), batch.RunEnd(39)));
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.EndRun(0));
    }

    [Fact]
    public void ValuesAppendedInAnyMannerKeepTheirValidity()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            using var column = new FixedColumn<long>(s_value);
            var expected = new List<long?>();
            for (var i = 0; i < 60; i++)
            {
                var count = random.Next(20);
                switch (random.Next(3))
                {
                    case 0:
                        column.AppendNulls(count);
                        expected.AddRange(Enumerable.Repeat<long?>(null, count));
                        break;
                    case 1:
                        column.Reserve(count).Fill(i);
                        expected.AddRange(Enumerable.Repeat<long?>(i, count));
                        break;
                    default:
                        column.Append(-i);
                        expected.Add(-i);
                        break;
                }
            }
            Assert.Equal(expected, Enumerable.Range(0, column.Count).Select(i => column.IsValid(i) ? column.Values[i] : (long?)null));
            Assert.Equal(expected.Count(value => value is null), column.NullCount);
        }
    }
}
