using System.Text;
using TsBackup.Connectors.Files;
using TsBackup.Connectors.LineProtocol;
using Xunit;

namespace TsBackup.Tests.Connectors.Files;

public sealed class SliceSorterTests
{
    [Fact]
    public void ManySpillsKeepFewFilesOpenAndTheLaterRowCounts()
    {
        const int spills = 300;
        var text = new StringBuilder();
        for (var i = 0; i < spills; i++)
            text.Append($"m v={i}i,s=\"t{i}\" {i * 7919 % 100}\nm,h=b v={i}i {-i}\n");
        using var parser = new LineProtocolParser(new MemoryStream(Encoding.UTF8.GetBytes(text.ToString())), "x");
        using var sorter = new SliceSorter(new ColumnNumbers());
        var most = 0;
        while (parser.Read())
        {
            sorter.Add(parser.Series.Length == 1 ? 0 : 1, parser);
            if (parser.Points % 2 != 0)
                continue;
            sorter.Spill();
            most = Math.Max(most, sorter.Runs);
        }

        var rows = sorter.Rows().Select(row => (row.Series, row.Time, row.Cells[0].Bits)).ToArray();

        Assert.InRange(most, 2, 24);
        Assert.Equal(rows.OrderBy(row => (row.Series, row.Time)), rows);
        var last = Enumerable.Range(0, spills).GroupBy(i => i * 7919 % 100, (time, all) => (0, (long)time, (long)all.Max()));
        Assert.Equal(last.OrderBy(row => row.Item2), rows.Where(row => row.Series == 0));
        Assert.Equal(spills, rows.Count(row => row.Series == 1));
    }
}
