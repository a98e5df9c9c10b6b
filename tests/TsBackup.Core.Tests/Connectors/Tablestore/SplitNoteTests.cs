using TsBackup.Connectors.Tablestore;
using TsBackup.Model;
using TsBackup.Operations;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;
using TsBackup.Tests.Operations;
using Xunit;

namespace TsBackup.Tests.Connectors.Tablestore;

/// <summary>
/// Second backups of tables without updates take over the splits that a range of versions shows unchanged, and only those.
/// </summary>
public sealed class SplitNoteTests : OperationsFixture
{
    private const int Rows = 90;
    private const string Changed = "k00033";

    public static TheoryData<string> Changes =>
    [
        "put", "put old version", "put fewer columns", "put without cells", "put in the future", "put the same again",
        "delete", "delete and put the same again", "add a row", "add a row without cells", "fill a row without cells",
    ];

    [Fact]
    public async Task SplitsWithoutNewerVersionsAreNotReadAgain()
    {
        await using var store = await MakeAsync();
        await using var repository = await CreateAsync();
        var first = await BackUpAsync(store, repository);
        Assert.True(first.Slices > 3);
        store.Clock.Advance(TimeSpan.FromHours(2));

        var second = await BackUpAsync(store, repository);
        Assert.Equal((first.Slices, first.Slices, first.Rows), (second.Slices, second.SlicesReused, second.Rows));
        // Again from a version whose slices were all taken over.
        store.Clock.Advance(TimeSpan.FromDays(4));
        var third = await BackUpAsync(store, repository);
        Assert.Equal(first.Slices, third.SlicesReused);
        Assert.Contains(store.Log, line => line.Contains("by the range of versions", StringComparison.Ordinal));
        Assert.Contains(store.Log, line => line.Contains("the table allows no updates", StringComparison.Ordinal));
        await AssertAsReadInFullAsync(store, repository, third);
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task AChangedSplitIsReadAndTheOthersAreNot(string change)
    {
        await using var store = await MakeAsync();
        await using var repository = await CreateAsync();
        var first = await BackUpAsync(store, repository);
        store.Clock.Advance(TimeSpan.FromMinutes(1));
        await ChangeAsync(store, change);
        store.Clock.Advance(TimeSpan.FromMinutes(1));

        var second = await BackUpAsync(store, repository);

        Assert.Equal(first.Slices - 1, second.SlicesReused);
        await AssertAsReadInFullAsync(store, repository, second);
    }

    [Theory]
    [InlineData("allow update", true, -1)]
    [InlineData("other offset", false, -1)]
    [InlineData("expired", false, 86_400 * 5)]
    public async Task NothingIsTakenOverWhereARangeOfVersionsDoesNotTellAll(string reason, bool allowUpdate, int timeToLive)
    {
        await using var store = await MakeAsync(allowUpdate, timeToLive);
        await using var repository = await CreateAsync();
        await BackUpAsync(store, repository);
        if (reason == "other offset")
        {
            var options = new TableOptions { MaxVersionOffset = 90_000 };
            var request = new UpdateTableRequest { TableName = "t", Options = options };
            await store.Client.CallAsync<UpdateTableResponse>(OperationNames.UpdateTable, request, null, default);
        }
        store.Clock.Advance(TimeSpan.FromDays(3));

        var second = await BackUpAsync(store, repository);

        Assert.Equal(0, second.SlicesReused);
        await AssertAsReadInFullAsync(store, repository, second);
    }

    [Fact]
    public async Task ATableOfTheSameNameIsAnotherTable()
    {
        await using var store = await MakeAsync();
        await using var repository = await CreateAsync();
        await BackUpAsync(store, repository);
        store.Server.DropTable("t");
        store.Clock.Advance(TimeSpan.FromSeconds(5));
        await FillAsync(store, false, -1);

        Assert.Equal(0, (await BackUpAsync(store, repository)).SlicesReused);
    }

    [Fact]
    public async Task AFullBackupReadsEverything()
    {
        await using var store = await MakeAsync();
        await using var repository = await CreateAsync();
        await BackUpAsync(store, repository);
        Assert.Equal(0, (await BackUpAsync(store, repository, full: true)).SlicesReused);
    }

    [Fact]
    public void OtherTextsAreNoNotes()
    {
        var note = new SplitNote(1, 2, "a/b", "c", "d");
        Assert.Equal(note, SplitNote.Parse(note.ToString()));
        Assert.All(
            ["", "versions-1", "versions-1;x;2;a;b;c", "versions-2;1;2;a;b;c", "versions-1;1;2;a;b;c;d"],
            text => Assert.Null(SplitNote.Parse(text)));
    }

    private static async Task<FakeStore> MakeAsync(bool allowUpdate = false, int timeToLive = -1)
    {
        var store = new FakeStore();
        store.Server.SplitBytes = 2500;
        store.Server.KeepsSplits = true;
        await FillAsync(store, allowUpdate, timeToLive);
        return store;
    }

    private static async Task FillAsync(FakeStore store, bool allowUpdate, int timeToLive)
    {
        await store.CreateAsync(
            "t", new TableOptions { TimeToLive = timeToLive, MaxVersions = 2, MaxVersionOffset = 86_400, AllowUpdate = allowUpdate });
        for (var i = 0; i < Rows; i++)
            await store.PutAsync("t", $"k{i * 3:D5}", i % 30 == 7 ? [] : Cells(i, store.NowMs));
        store.Clock.Advance(TimeSpan.FromDays(3));
    }

    private static (string, PlainValue, long)[] Cells(int seed, long version) =>
        [.. Enumerable.Range(0, 6).Select(c => ($"c{c}", PlainValue.Of((seed * 10.5) + c), version))];

    private static async Task ChangeAsync(FakeStore store, string change)
    {
        var now = store.NowMs;
        switch (change)
        {
            case "put":
                await store.PutAsync("t", Changed, Cells(99, now));
                break;
            case "put old version":
                await store.PutAsync("t", Changed, Cells(99, now - 86_000_000));
                break;
            case "put fewer columns":
                await store.PutAsync("t", Changed, Cells(11, now)[..2]);
                break;
            case "put without cells":
                await store.PutAsync("t", Changed);
                break;
            case "put in the future":
                await store.PutAsync("t", Changed, Cells(11, now + 3_600_000));
                break;
            case "put the same again":
                await store.PutAsync("t", Changed, Cells(11, now - 1000));
                break;
            case "delete":
                await DeleteAsync(store, Changed);
                break;
            case "delete and put the same again":
                await DeleteAsync(store, Changed);
                await store.PutAsync("t", Changed, Cells(11, now));
                break;
            case "add a row":
                await store.PutAsync("t", Changed + "a", Cells(3, now));
                break;
            case "add a row without cells":
                await store.PutAsync("t", Changed + "a");
                break;
            default:
                await store.PutAsync("t", "k00021", Cells(1, now));
                break;
        }
    }

    private static async Task DeleteAsync(FakeStore store, string key)
    {
        var writer = new PlainBufferWriter();
        writer.BeginRow();
        writer.Key("pk", PlainValue.Of(key));
        writer.EndRow(isDelete: true);
        var request = new RowChangeRequest
        {
            TableName = "t",
            Row = writer.ToArray(),
            Condition = new Condition { RowExistence = RowExistence.Ignore },
        };
        await store.Client.CallAsync<RowChangeResponse>(OperationNames.DeleteRow, request, "t", default);
    }

    private static async Task<BackupVersion> BackUpAsync(FakeStore store, RepositoryConnection repository, bool full = false)
    {
        var request = new BackupRequest { Connector = store.Connect(), Repositories = [repository], Full = full };
        var version = (await BackupOperation.RunAsync(request, default))[0].Version!;
        Assert.Equal(BackupVersionState.Complete, version.State);
        return version;
    }

    private static async Task AssertAsReadInFullAsync(FakeStore store, RepositoryConnection repository, BackupVersion version)
    {
        var full = await BackUpAsync(store, repository, full: true);
        Assert.Equal(await DigestsAsync(repository, full), await DigestsAsync(repository, version));
    }

    private static async Task<List<(string, long, SliceDigest)>> DigestsAsync(RepositoryConnection repository, BackupVersion version)
    {
        var header = await VersionQuery.FindAsync(repository, version.VersionId, null, null, default);
        var content = await VersionReader.ReadAsync(repository, header, default);
        return [.. content.Slices.Select(s => (s.Slice.Partition, s.Summary.Rows, s.Summary.Digest))
            .OrderBy(s => s.Partition, StringComparer.Ordinal)];
    }
}
