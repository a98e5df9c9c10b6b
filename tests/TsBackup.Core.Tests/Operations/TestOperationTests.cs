using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Operations;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Operations;

public sealed class TestOperationTests : OperationsFixture
{
    [Theory]
    [InlineData(BackupTestLevel.Quick)]
    [InlineData(BackupTestLevel.Full)]
    public async Task AGoodVersionPasses(BackupTestLevel level)
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        var result = await TestAsync(repository, "latest", level);
        Assert.True(result.Passed);
        Assert.Equal(3, result.Slices);
        Assert.Equal(level == BackupTestLevel.Full ? 1180 : 0, result.Rows);
    }

    [Fact]
    public async Task SourcePassesWhileTheStoreIsUnchangedAndNamesTheSliceThatChanged()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        Assert.True((await SourceAsync(repository)).Passed);

        var rows = Store.Groups.Single(g => g.Id == "tuesday").Slices[0].Rows;
        rows[7] = rows[7] with { Load = -0.0 };
        var result = await SourceAsync(repository);
        var problem = Assert.Single(result.Problems);
        Assert.Equal(nameof(ErrorId.DigestMismatch), problem.ErrorId);
        Assert.Equal("cpu", problem.Table);
        Assert.Equal(TimeText.Format(Tuesday.First), problem.Start);
    }

    [Fact]
    public async Task ADrillRestoresComparesAndDropsItsScratchStore()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        MemoryStore? scratch = null;
        var header = await VersionQuery.FindAsync(repository, "latest", null, null, default);
        var request = new TestRequest
        {
            Repository = repository,
            Level = BackupTestLevel.Drill,
            Store = Store,
            OpenStore = address => scratch = new MemoryStore(address.Path),
        };
        var result = await TestOperation.RunAsync(request, header, default);
        Assert.True(result.Passed);
        Assert.Equal(1180, result.Rows);
        Assert.Single(scratch!.Dropped);
    }

    [Fact]
    public async Task ADrillThatLosesRowsFailsAndStillDropsItsScratchStore()
    {
        FillStore();
        await using var repository = await CreateAsync();
        await BackupAsync(repository);
        MemoryStore? scratch = null;
        var header = await VersionQuery.FindAsync(repository, "latest", null, null, default);
        var request = new TestRequest
        {
            Repository = repository,
            Level = BackupTestLevel.Drill,
            Store = Store,
            OpenStore = address => scratch = new MemoryStore(address.Path) { OnWrite = (_, _) => 1 },
        };
        var result = await TestOperation.RunAsync(request, header, default);
        Assert.False(result.Passed);
        Assert.Single(scratch!.Dropped);
    }

    private async Task<BackupTestResult> SourceAsync(RepositoryConnection repository)
    {
        var header = await VersionQuery.FindAsync(repository, "latest", null, null, default);
        return await TestOperation.RunAsync(
            new TestRequest { Repository = repository, Level = BackupTestLevel.Source, Store = Store }, header, default);
    }
}
