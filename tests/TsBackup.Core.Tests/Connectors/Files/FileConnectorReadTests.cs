using System.Text;
using TsBackup.Connectors;
using TsBackup.Connectors.Files;
using TsBackup.Errors;
using TsBackup.Model;
using Xunit;

namespace TsBackup.Tests.Connectors.Files;

public sealed class FileConnectorReadTests : IDisposable
{
    private const long DayLength = 86_400_000_000_000;
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TheCatalogNamesTablesColumnsAndGroups()
    {
        _folder.Put("a.lp", "m,t=x v=1,s=\"q\" 1\nm,u=y v=1i 2\n");
        _folder.Put("weekly/b.lp.gz", "n v=t 1\n");
        await using var store = _folder.Open();
        var catalog = await store.DescribeAsync(default);
        Assert.Equal([new TableId("", "m"), new TableId("weekly", "n")], catalog.Tables.Select(table => table.Id));
        Assert.Equal(
            ["t Key String", "u Key String", "time Time Timestamp", "s Value String", "v Value Int64", "v Value Float64"],
            catalog.Tables[0].Columns.Select(column => $"{column.Name} {column.Role} {column.Type}"));
        Assert.Equal(2, catalog.Tables[0].EstimatedRows);
        Assert.Empty(catalog.Warnings);
    }

    [Fact]
    public async Task OrderOverlapAndPackingOfFilesDoNotMatter()
    {
        const int seed = 11;
        var random = new Random(seed);
        var lines = new List<string>();
        for (var i = 0; i < 3000; i++)
            lines.Add($"m,h=h{i % 7} v={random.Next(1000) / 100.0:0.00},n={i}i,s=\"x\\\"{i}\n\" {i / 7 * 300_000_000_000L}");
        using var ordered = new TestFolder();
        ordered.Put("all.lp", string.Join('\n', lines.OrderBy(line => line.Split(' ')[0], StringComparer.Ordinal).ThenBy(line => long.Parse(line.Split(' ')[^1]))));
        var shuffled = lines.OrderBy(_ => random.Next()).ToList();
        _folder.Put("1.lp", string.Join('\n', shuffled.Take(1000)));
        _folder.Put("2.lp.gz", string.Join('\n', shuffled.Skip(900).Take(1500)));
        _folder.Put("3.lp", string.Join('\n', shuffled.Skip(2000)) + "\n");
        await using var left = ordered.Open();
        await using var right = _folder.Open();
        var expected = await TestFolder.ReadAll(left);
        var actual = await TestFolder.ReadAll(right);
        Assert.Equal(3000, expected.Values.Sum(slice => slice.Rows));
        Assert.Equal(2, expected.Count);
        Assert.Equal(expected.OrderBy(slice => slice.Key.Window.First), actual.OrderBy(slice => slice.Key.Window.First));
        foreach (var slice in actual)
            Assert.Equal(7, slice.Value.Tuples);
    }

    [Fact]
    public async Task ALaterLineCountsFieldByField()
    {
        _folder.Put("1.lp", "m,a=1,b=2 v=1,w=1 5\nm,b=2,a=1 w=2i 5\n");
        _folder.Put("2.lp", "m,a=1,b=2 x=\"3\" 5\n");
        using var plain = new TestFolder();
        plain.Put("1.lp", "m,a=1,b=2 v=1,w=2i,x=\"3\" 5\n");
        await using var left = _folder.Open();
        await using var right = plain.Open();
        Assert.Equal(await TestFolder.ReadAll(right), await TestFolder.ReadAll(left));
    }

    [Fact]
    public async Task SortingBeyondTheBudgetGoesThroughFilesAndGivesTheSame()
    {
        var random = new Random(5);
        var lines = Enumerable.Range(0, 5000).Select(i => $"m,h=h{random.Next(20)} v={i},s=\"{new string('y', i % 30)}\" {random.Next(2000)}").ToList();
        var path = _folder.Put("1.lp", string.Join('\n', lines));
        var index = FileScanner.Scan(StoreFile.Of(_folder.Path, path), 1, default);
        var slice = new Slice(new TableId("", "m"), TimeRange.All);
        SliceDigest Digest(long budget, out long rows)
        {
            using var reader = new FileGroupReader([index], [slice], 1, budget);
            using var digester = new SliceDigester();
            foreach (var part in reader.Read(default).OfType<SliceRows>())
            {
                using (part.Batch)
                    digester.Append(part.Batch);
            }
            var summary = digester.Finish();
            rows = summary.Rows;
            Assert.Equal(20, summary.Tuples);
            return summary.Digest;
        }
        Assert.Equal(Digest(long.MaxValue, out var all), Digest(1000, out var spilled));
        Assert.Equal(all, spilled);
        Assert.True(all < 5000);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task BatchesStayWithinTheirLimitsAndKeepTheirSeries()
    {
        var text = new StringBuilder();
        for (var i = 0; i < 150_000; i++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"m,h={(i < 100_000 ? "a" : "b")} v={i} {i}\n");
        _folder.Put("1.lp", text.ToString());
        await using var store = _folder.Open();
        var plan = await store.PlanAsync(await store.DescribeAsync(default), Scope.All, default);
        var sizes = new List<int>();
        await foreach (var part in store.ReadAsync(Assert.Single(plan), default))
        {
            if (part is SliceRows rows)
            {
                sizes.Add(rows.Batch.RowCount);
                rows.Batch.Dispose();
            }
        }
        Assert.All(sizes, size => Assert.InRange(size, 1, BatchLimits.MaxRows));
        Assert.Equal(150_000, sizes.Sum());
        Assert.Equal(2, (await TestFolder.ReadAll(store, plan)).Single().Value.Tuples);
    }

    [Fact]
    public async Task OnlyTheChangedDayHasANewFingerprint()
    {
        _folder.Put("d1.lp", $"m v=1 1\n");
        _folder.Put("d2.lp", $"m v=1 {DayLength + 1}\n");
        await using var store = _folder.Open();
        var before = await store.PlanAsync(await store.DescribeAsync(default), Scope.All, default);
        var same = await store.PlanAsync(await store.DescribeAsync(default), Scope.All, default);
        Assert.Equal(before.Select(group => group.Fingerprint), same.Select(group => group.Fingerprint));
        File.AppendAllText(Path.Combine(_folder.Path, "d2.lp"), $"m v=2 {DayLength + 2}\n");
        var after = await store.PlanAsync(await store.DescribeAsync(default), Scope.All, default);
        Assert.Equal(["d1.lp", "d2.lp"], after.Select(group => group.Id));
        Assert.Equal(before[0].Fingerprint, after[0].Fingerprint);
        Assert.NotEqual(before[1].Fingerprint, after[1].Fingerprint);
    }

    [Fact]
    public async Task AChangeThatKeepsSizeAndTimeIsSeen()
    {
        var path = _folder.Put("d1.lp", "m v=1 1\n");
        var time = File.GetLastWriteTimeUtc(path);
        await using var store = _folder.Open();
        var before = await store.PlanAsync(await store.DescribeAsync(default), Scope.All, default);
        File.WriteAllText(path, "m v=2 1\n");
        File.SetLastWriteTimeUtc(path, time);
        var after = await store.PlanAsync(await store.DescribeAsync(default), Scope.All, default);
        Assert.NotEqual(before[0].Fingerprint, after[0].Fingerprint);
    }

    [Fact]
    public async Task FilesOfOneDayFormAGroupAndSlicesDoNotRepeat()
    {
        _folder.Put("a.lp", $"m v=1 1\nn v=1 {DayLength * 3}\n");
        _folder.Put("b.lp", $"m v=1 2\nm v=1 {DayLength + 1}\n");
        _folder.Put("c.lp", $"m v=1 {DayLength * 9}\n");
        await using var store = _folder.Open();
        var plan = await store.PlanAsync(await store.DescribeAsync(default), Scope.All, default);
        Assert.Equal([3, 1], plan.Select(group => group.Slices.Count));
        Assert.Equal(4, plan.SelectMany(group => group.Slices).Distinct().Count());
    }

    [Fact]
    public async Task ScopeLimitsTablesAndTimes()
    {
        _folder.Put("a.lp", "m v=1 1\nm v=2 2\nm v=3 3\nn v=1 1\n");
        await using var store = _folder.Open();
        var read = await TestFolder.ReadAll(store, new Scope(["m"], [], new TimeRange(2, 2)));
        var slice = Assert.Single(read);
        Assert.Equal(new Slice(new TableId("", "m"), new TimeRange(2, 2)), slice.Key);
        Assert.Equal(1, slice.Value.Rows);
    }

    [Fact]
    public async Task SlicesOfAVersionAreReadWhateverTheFilesAre()
    {
        _folder.Put("a.lp", $"m v=1 1\nm v=2 {DayLength * 8}\n");
        await using var store = _folder.Open();
        var week = new Slice(new TableId("", "m"), new TimeRange(0, (DayLength * 7) - 1));
        var gone = new Slice(new TableId("", "gone"), TimeRange.All);
        var read = await TestFolder.ReadAll(store, [new SliceGroup("x", [week, gone])]);
        Assert.Equal(1, read[week].Rows);
        Assert.Equal(0, read[gone].Rows);
        Assert.Equal(SliceDigest.Empty, read[gone].Digest);
    }

    [Fact]
    public async Task SparseTablesGetLongWindowsAndTheEndsOfTimeWork()
    {
        var text = string.Concat(Enumerable.Range(-2000, 4000).Select(day => $"m v=1 {day * DayLength}\n"));
        _folder.Put("a.lp", text + $"m v=1 {long.MinValue}\nm v=1 {long.MaxValue}\n");
        await using var store = _folder.Open();
        var read = await TestFolder.ReadAll(store);
        Assert.InRange(read.Count, 1, 64);
        Assert.Equal(4002, read.Values.Sum(slice => slice.Rows));
        Assert.Equal(long.MinValue, read.Values.Min(slice => slice.First));
        Assert.Equal(long.MaxValue, read.Values.Max(slice => slice.Last));
    }

    [Fact]
    public async Task ManyThousandDaysTakeABoundedIndexAndAllRowsCome()
    {
        const int days = 60_000;
        var text = new StringBuilder();
        for (var day = 0; day < days; day++)
        {
            text.Append("m v=1 ").Append((day - (days / 2)) * DayLength).Append('\n');
            if (day % 3 == 0)
                text.Append("n,h=a v=1 ").Append((days - day) * DayLength).Append('\n');
        }
        _folder.Put("a.lp", text + "few v=1 1\n");
        await using var store = _folder.Open();
        var file = Assert.Single(await new FileFolder(_folder.Path, "x", 1, 1).IndexAsync(default));

        var read = await TestFolder.ReadAll(store);

        Assert.InRange(file.Tables.Values.Sum(table => table.Days.Count), 1, 1 << 16);
        Assert.Equal([1, 7, 1], new[] { "few", "m", "n" }.Select(table => file.Tables[table].WindowLength));
        Assert.Equal(
            [("few", 1L), ("m", days), ("n", days / 3)],
            read.GroupBy(slice => slice.Key.Table.Name).OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => (t.Key, t.Sum(slice => slice.Value.Rows))));
        Assert.Equal(file.Rows, read.Values.Sum(slice => slice.Rows));
    }

    [Fact]
    public async Task AFileIsLookedAtOnceWhileItDoesNotChange()
    {
        _folder.Put("a.lp", "m v=1 1\n");
        _folder.Put("b.lp", "m v=1 2\n");
        var first = await new FileFolder(_folder.Path, "x", 1, 2).IndexAsync(default);
        _folder.Put("b.lp", "m v=2 2\n");
        var second = await new FileFolder(_folder.Path, "x", 1, 2).IndexAsync(default);

        Assert.Same(first[0], second[0]);
        Assert.NotSame(first[1], second[1]);
    }

    [Fact]
    public async Task AGlanceSeesNewFilesAndDoesNotOpenThoseThatLookTheSame()
    {
        var path = _folder.Put("a.lp", "m v=1 1\n");
        var folder = new FileFolder(_folder.Path, "x", 1, 2);
        var first = await folder.IndexAsync(default);
        RewriteAtTheSameTime(path, "m v=9 1\n");
        _folder.Put("b.lp", "m v=1 2\n");
        folder.Expire();

        var second = await folder.GlanceAsync(default);

        Assert.Equal(["a.lp", "b.lp"], second.Select(index => index.File.Name));
        Assert.Same(first[0], second[0]);
        Assert.NotSame(first[0], (await folder.IndexAsync(default))[0]);
    }

    [Fact]
    public async Task AFileThatOnlyLooksTheSameIsAnErrorWhenItIsRead()
    {
        var path = _folder.Put("a.lp", "m v=1 1\n");
        await using var store = _folder.Open();
        await store.DescribeAsync(default);
        RewriteAtTheSameTime(path, "m v=9 1\n");

        var group = new SliceGroup("any", [new Slice(new TableId("", "m"), TimeRange.All)]);
        var error = await Assert.ThrowsAsync<TsBackupException>(() => TestFolder.ReadAll(store, [group]));

        Assert.Equal(ErrorId.StoreChanged, error.Id);
    }

    [Fact]
    public async Task FewRowsAmongVeryManySeriesAreSortedToo()
    {
        var lines = Enumerable.Range(0, 9000).Select(i => $"m,h=h{i:0000} v={i} 5\n").ToList();
        string[] late = [$"m,h=h8999 v=3 {DayLength * 9}\n", $"m,h=h0001 v=1 {DayLength * 9}\n", $"m,h=h8999 v=2 {(DayLength * 9) - 1}\n"];
        using var ordered = new TestFolder();
        ordered.Put("a.lp", string.Concat(lines) + late[1] + late[2] + late[0]);
        _folder.Put("a.lp", string.Concat(lines) + string.Concat(lines) + string.Concat(late) + late[1]);
        await using var left = ordered.Open();
        await using var right = _folder.Open();

        var expected = await TestFolder.ReadAll(left);

        Assert.Equal(expected.OrderBy(slice => slice.Key.Window.First), (await TestFolder.ReadAll(right)).OrderBy(slice => slice.Key.Window.First));
        Assert.Equal(9003, expected.Values.Sum(slice => slice.Rows));
    }

    [Fact]
    public async Task AMissingFolderIsNotFound()
    {
        await using var store = new FileConnector(StoreAddress.Parse($"file://{_folder.Path}/none"), new ConnectorOptions());
        Assert.Equal(ErrorId.StoreNotFound, (await Assert.ThrowsAsync<TsBackupException>(() => store.DescribeAsync(default))).Id);
        Assert.False(await store.HasRowsAsync(new TableId("", "m"), TimeRange.All, default));
    }

    [Theory]
    [InlineData("file://folder/x")]
    [InlineData("file:///")]
    [InlineData("file:///x?compress=zip")]
    [InlineData("file:///x?precision=h")]
    public void AMalformedAddressIsRefused(string uri) =>
        Assert.Equal(ErrorId.StoreUriInvalid, Assert.Throws<TsBackupException>(() => new FileConnector(StoreAddress.Parse(uri), new ConnectorOptions())).Id);

    [Fact]
    public async Task ABadLineFailsItsGroupAndNoOther()
    {
        _folder.Put("bad.lp", "m v=1 1\nm v=x 2\n");
        _folder.Put("good.lp", "n v=1 1\n");
        await using var store = _folder.Open();
        var catalog = await store.DescribeAsync(default);
        Assert.Single(catalog.Warnings);
        var plan = await store.PlanAsync(catalog, Scope.All, default);
        Assert.Null(plan[0].Fingerprint);
        var error = await Assert.ThrowsAsync<TsBackupException>(() => TestFolder.ReadAll(store, [plan[0]]));
        Assert.Equal(ErrorId.LineProtocolInvalid, error.Id);
        Assert.Equal("bad.lp", error.Target);
        Assert.Single(await TestFolder.ReadAll(store, [plan[1]]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task APackedFileThatIsDamagedOrCutOffIsAnErrorWithItsName(bool cut)
    {
        var path = _folder.Put("a.lp.gz", string.Concat(Enumerable.Range(0, 5000).Select(i => $"m v={i * 7919 % 1000} {i}\n")));
        var bytes = File.ReadAllBytes(path);
        if (cut)
            bytes = bytes[..(bytes.Length - 9)];
        else
            bytes[bytes.Length / 2] ^= 0x55;
        File.WriteAllBytes(path, bytes);
        await using var store = _folder.Open();
        var plan = await store.PlanAsync(await store.DescribeAsync(default), Scope.All, default);
        var error = await Assert.ThrowsAsync<TsBackupException>(() => TestFolder.ReadAll(store, plan));
        Assert.Contains(error.Id, new[] { ErrorId.SourceFileDamaged, ErrorId.LineProtocolInvalid });
        Assert.Contains("a.lp.gz", error.Target, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFileThatIsRewrittenBetweenPlanAndReadIsAnError()
    {
        var path = _folder.Put("a.lp", "m v=1 1\n");
        await using var store = _folder.Open();
        var plan = await store.PlanAsync(await store.DescribeAsync(default), Scope.All, default);
        File.AppendAllText(path, "m v=2 2\n");
        Assert.Equal(1, (await TestFolder.ReadAll(store, plan)).Single().Value.Rows);
        File.WriteAllText(path, "m v=9 1\nm v=2 2\n");
        Assert.Equal(ErrorId.StoreChanged, (await Assert.ThrowsAsync<TsBackupException>(() => TestFolder.ReadAll(store, plan))).Id);
        File.Delete(path);
        Assert.Equal(ErrorId.StoreChanged, (await Assert.ThrowsAsync<TsBackupException>(() => TestFolder.ReadAll(store, plan))).Id);
    }

    private static void RewriteAtTheSameTime(string path, string text)
    {
        var time = File.GetLastWriteTimeUtc(path);
        File.WriteAllText(path, text);
        File.SetLastWriteTimeUtc(path, time);
    }
}
