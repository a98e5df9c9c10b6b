using TsBackup.Connectors;
using TsBackup.Connectors.Files;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tests.Connectors.LineProtocol;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Connectors.Files;

public sealed class FileConnectorWriteTests : IDisposable
{
    private static readonly Catalog Nothing = new("File", "file:///x", "", [], [], []);
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("?compress=gzip")]
    public async Task RandomBatchesComeBackToTheirDigests(string options)
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            using var folder = new TestFolder();
            await using var store = folder.Open(options);
            var random = new Random(seed);
            var slice = new Slice(new TableId(seed % 2 == 0 ? "" : "a/b c", RandomBatches.Name(random, seed)), TimeRange.All);
            var batch = RandomBatches.Make(random, 4, 25);
            using var digester = new SliceDigester();
            digester.Append(batch);
            var expected = digester.Finish();
            var outcome = await Write(store, slice, batch);
            Assert.True(outcome.RowsWritten == expected.Rows, $"seed {seed}: {string.Join(' ', outcome.Failures)}");
            await using var fresh = folder.Open();
            var read = await TestFolder.ReadAll(fresh, [new SliceGroup("x", [slice])]);
            Assert.True(expected == read[slice], $"seed {seed}");
            Assert.Equal(slice.Table, (await fresh.DescribeAsync(default)).Tables.Single().Id);
        }
    }

    [Fact]
    public async Task WritingAgainLeavesOneFileAndTheSameContent()
    {
        _folder.Put("in/a.lp", "m,t=x v=1 5\nm,t=y v=2 5\n");
        using var other = new TestFolder();
        await using var source = _folder.Open();
        await using var target = other.Open();
        var first = await TestFolder.Copy(source, target);
        var read = await TestFolder.ReadAll(target);
        var second = await TestFolder.Copy(source, target);
        Assert.Equal(2, first.RowsWritten);
        Assert.Equal(2, second.RowsWritten);
        Assert.Single(Directory.GetFiles(other.Path, "*", SearchOption.AllDirectories));
        Assert.Equal(read, await TestFolder.ReadAll(target));
    }

    [Fact]
    public async Task MergedRowsTakeTheNewValuesAndKeepTheOthers()
    {
        _folder.Put("zzz.lp", "m v=1,w=1 5\nm v=1 6\n");
        await using var store = _folder.Open();
        var slice = new Slice(new TableId("", "m"), TimeRange.All);
        await Write(store, slice, OneRow("m", 5, 9));
        using var expected = new TestFolder();
        expected.Put("a.lp", "m v=9,w=1 5\nm v=1 6\n");
        await using var plain = expected.Open();
        var group = new SliceGroup("x", [slice]);
        Assert.Equal(await TestFolder.ReadAll(plain, [group]), await TestFolder.ReadAll(store, [group]));
    }

    [Fact]
    public async Task RowsThatCannotBeSaidAreCountedWithTheirReason()
    {
        await using var store = _folder.Open();
        var slice = new Slice(new TableId("", "m"), TimeRange.All);
        var outcome = await Write(store, slice, OneRow("m", 5, double.NaN), OneRow("m", 6, 1));
        Assert.Equal(1, outcome.RowsWritten);
        Assert.Equal(1, outcome.RowsFailed);
        Assert.Equal(nameof(ErrorId.StoreWriteRejected), Assert.Single(outcome.Failures).ErrorId);
    }

    [Fact]
    public async Task NamesThatAreNoFileNamesAreStored()
    {
        string[] names = ["../../etc/x", "a/b", "..", "ü 漢", new string('x', 400), "CON", "a:b*?", "%2F"];
        await using var store = _folder.Open();
        foreach (var name in names)
            Assert.Equal(1, (await Write(store, new Slice(new TableId("g/" + name, name), TimeRange.All), OneRow(name, 1, 1))).RowsWritten + (name.Length > 300 ? 1 : 0));
        var found = (await store.DescribeAsync(default)).Tables.Select(table => table.Id.Name).ToHashSet();
        Assert.Equal(names.Where(name => name.Length < 300).ToHashSet(), found);
        Assert.Equal(1, (await Write(store, new Slice(new TableId("", names[4]), TimeRange.All), OneRow("x", 1, 1))).RowsWritten);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(_folder.Path)!));
    }

    [Fact]
    public async Task SettingsAreForTheirOwnerOnlyAlsoWhereTheFileWasForAll()
    {
        var path = Path.Combine(_folder.Path, SettingsFile.Name);
        foreach (var name in new[] { "first", "second" })
        {
            SettingsFile.Merge(_folder.Path, [new SettingsDocument("user", name, "CREATE USER", "$2a$10$hash")]);
            if (OperatingSystem.IsWindows())
                continue;
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }
        await using var store = _folder.Open();
        Assert.Equal(2, (await store.DescribeAsync(default)).Settings.Count);
    }

    [Fact]
    public async Task SettingsAreKeptAndComeBack()
    {
        var setting = new SettingsDocument("retention-policy", "weekly", "CREATE …", "{}", new TableId("g", "t"), false, "no hash");
        await using var store = _folder.Open();
        for (var i = 0; i < 2; i++)
        {
            await using var writer = await store.OpenWriterAsync(new RestoreTarget(Nothing with { Settings = [setting] }, TimeRange.All), default);
            Assert.True(Assert.Single(await writer.CompleteAsync(default)).Restored);
        }
        Assert.Equal(setting, Assert.Single((await store.DescribeAsync(default)).Settings));
        _folder.Put("tsbackup-settings.json", "[{\"kind\":1}]");
        Assert.Equal(ErrorId.SourceFileDamaged, (await Assert.ThrowsAsync<TsBackupException>(() => store.DescribeAsync(default))).Id);
    }

    [Fact]
    public async Task RowsAreFoundAndDeletedByTableAndRange()
    {
        _folder.Put("a.lp", "m v=1 1\nm v=1 5\nm v=1 9\nn v=\"a\nb\" 5\n");
        _folder.Put("b.lp.gz", "m v=1 4\n");
        await using var store = _folder.Open();
        var table = new TableId("", "m");
        Assert.True(await store.HasRowsAsync(table, new TimeRange(3, 6), default));
        Assert.False(await store.HasRowsAsync(table, new TimeRange(6, 8), default));
        Assert.False(await store.HasRowsAsync(new TableId("g", "m"), TimeRange.All, default));
        await store.DeleteRowsAsync(table, new TimeRange(3, 6), default);
        Assert.False(await store.HasRowsAsync(table, new TimeRange(3, 6), default));
        Assert.Equal("m v=1 1\nm v=1 9\nn v=\"a\nb\" 5\n", File.ReadAllText(Path.Combine(_folder.Path, "a.lp")));
        Assert.Equal(["a.lp"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task OnlyAScratchStoreIsDropped()
    {
        await using var store = _folder.Open();
        Assert.Equal(ErrorId.CapabilityMissing, (await Assert.ThrowsAsync<TsBackupException>(() => store.DropScratchAsync(default))).Id);
        await using var scratch = new FileConnector(store.ScratchAddress("x1"), new ConnectorOptions());
        await Write(scratch, new Slice(new TableId("", "m"), TimeRange.All), OneRow("m", 1, 1));
        Assert.Equal(2, Directory.GetDirectories(Path.GetDirectoryName(_folder.Path)!).Length);
        await scratch.DropScratchAsync(default);
        Assert.Equal([_folder.Path], Directory.GetDirectories(Path.GetDirectoryName(_folder.Path)!));
    }

    [Fact]
    public async Task AWriteThatIsBrokenOffLeavesNoFile()
    {
        await using var store = _folder.Open();
        await using var writer = await store.OpenWriterAsync(new RestoreTarget(Nothing, TimeRange.All), default);
        var slice = new Slice(new TableId("", "m"), TimeRange.All);
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.WriteAsync(new SliceGroup("x", [slice]), Broken(slice), default));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [SkippableFact]
    public void APackedFileThatTheDiskHasNoRoomForGoesAway()
    {
        using var disk = TemporaryMount.TryMake("size=128k");
        Skip.If(disk is null, "mounting is not allowed here");
        var random = new Random(3);
        using var batch = new Batch();
        var time = (FixedColumn<long>)batch.AddColumn(new ColumnSchema("time", ColumnRole.Time, ColumnType.Timestamp));
        var values = (FixedColumn<double>)batch.AddColumn(new ColumnSchema("v", ColumnRole.Value, ColumnType.Float64));
        for (var i = 0; i < 30_000; i++)
        {
            time.Append(i);
            values.Append(random.NextDouble());
        }
        batch.EndRun(time.Count);
        batch.Seal();
        var writer = new SliceFileWriter(new Slice(new TableId("", "m"), TimeRange.All), disk.Path, packed: true);

        Assert.ThrowsAny<IOException>(() =>
        {
            writer.Append(batch);
            writer.BringToDisk();
        });
        writer.Dispose();

        Assert.Empty(Directory.GetFiles(disk.Path));
    }

    [Fact]
    public async Task AFileInThePlaceOfTheFolderIsAnError()
    {
        var path = _folder.Put("a.lp", "m v=1 1\n");
        await using var store = new FileConnector(StoreAddress.Parse("file://" + path), new ConnectorOptions());
        var error = await Assert.ThrowsAsync<TsBackupException>(() => store.OpenWriterAsync(new RestoreTarget(Nothing, TimeRange.All), default));
        Assert.Equal(ErrorId.StorageWriteFailed, error.Id);
    }

    [Theory]
    [InlineData(28, ErrorId.StorageFull)]
    [InlineData(122, ErrorId.StorageFull)]
    [InlineData(30, ErrorId.StorageReadOnly)]
    [InlineData(5, ErrorId.StorageWriteFailed)]
    public void WhatTheSystemReportsGetsItsId(int code, ErrorId expected) =>
        Assert.Equal(expected, FileErrors.Writing(new IOException("x", code), "/x").Id);

    [SkippableFact]
    public async Task AFullDiskIsNamed()
    {
        Skip.IfNot(File.Exists("/dev/full"), "This system has no /dev/full.");
        await Task.CompletedTask;
        var error = Assert.ThrowsAny<IOException>(() =>
        {
            using var stream = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
            stream.Write([1, 2, 3]);
            stream.Flush();
        });
        Assert.Equal(ErrorId.StorageFull, FileErrors.Writing(error, "/dev/full").Id);
    }

    private static Batch OneRow(string tag, long time, double value)
    {
        var batch = new Batch();
        ((FixedColumn<long>)batch.AddColumn(new ColumnSchema("time", ColumnRole.Time, ColumnType.Timestamp))).Append(time);
        ((FixedColumn<double>)batch.AddColumn(new ColumnSchema("v", ColumnRole.Value, ColumnType.Float64))).Append(value);
        Assert.NotNull(tag);
        batch.EndRun(1);
        return batch.Seal();
    }

    private static async Task<WriteOutcome> Write(FileConnector store, Slice slice, params Batch[] batches)
    {
        await using var writer = await store.OpenWriterAsync(new RestoreTarget(Nothing, TimeRange.All), default);
        var events = batches.Select(batch => (SliceEvent)new SliceRows(slice, batch)).Append(new SliceEnd(slice));
        var outcome = await writer.WriteAsync(new SliceGroup("x", [slice]), events.ToAsyncEnumerable(), default);
        await writer.CompleteAsync(default);
        return outcome;
    }

    private static async IAsyncEnumerable<SliceEvent> Broken(Slice slice)
    {
        yield return new SliceRows(slice, OneRow("m", 1, 1));
        await Task.Yield();
        throw new InvalidOperationException("The source died.");
    }
}
