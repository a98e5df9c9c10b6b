using TsBackup.Connectors;
using TsBackup.Model;
using TsBackup.Operations;
using TsBackup.Repository;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Operations;

/// <summary>A repository in a folder and a store in memory, with the calls that most tests make.</summary>
public abstract class OperationsFixture : IDisposable
{
    internal const string Passphrase = "correct horse battery staple";
    internal static readonly TimeRange Monday = new(0, 86_399_999_999_999);
    internal static readonly TimeRange Tuesday = new(86_400_000_000_000, 172_799_999_999_999);

    internal ScratchFolder Folder { get; } = new();

    internal MemoryStore Store { get; } = new();

    internal RecordingObserver Observer { get; } = new();

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    internal void FillStore()
    {
        Store.Add("monday", "m1", MemorySlice.Make("cpu", Monday, 5, 130, 1), MemorySlice.Make("disk", Monday, 2, 40, 2));
        Store.Add("tuesday", "t1", MemorySlice.Make("cpu", Tuesday, 5, 90, 3));
    }

    internal async Task<RepositoryConnection> CreateAsync(string name = "repository")
    {
        using var key = KeySource.FromPassphrase(Passphrase);
        return await RepositoryConnection.CreateAsync(Folder.File(name), key, FastOptions, default);
    }

    internal async Task<RepositoryConnection> OpenAsync(string name = "repository")
    {
        using var key = KeySource.FromPassphrase(Passphrase);
        return await RepositoryConnection.OpenAsync(Folder.File(name), key, default);
    }

    /// <summary>The least cost a key may have: these tests open repositories often.</summary>
    internal static RepositoryOptions FastOptions => new() { KeyIterations = 1000 };

    internal BackupRequest Request(params RepositoryConnection[] repositories) =>
        new() { Connector = Store, Repositories = repositories, Observer = Observer, RetryDelay = TimeSpan.FromMilliseconds(1) };

    internal async Task<BackupVersion> BackupAsync(RepositoryConnection repository) =>
        (await BackupOperation.RunAsync(Request(repository), default))[0].Version!;

    internal static async Task<BackupTestResult> TestAsync(
        RepositoryConnection repository, string version, BackupTestLevel level = BackupTestLevel.Full)
    {
        var header = await VersionQuery.FindAsync(repository, version, null, null, default);
        return await TestOperation.RunAsync(new TestRequest { Repository = repository, Level = level }, header, default);
    }

    internal static async Task<RestoreResult> RestoreAsync(
        RepositoryConnection repository, string version, IConnector target, Func<RestoreRequest, RestoreRequest>? change = null)
    {
        var header = await VersionQuery.FindAsync(repository, version, null, null, default);
        var request = new RestoreRequest { Repository = repository, Target = target };
        return await RestoreOperation.RunAsync(change?.Invoke(request) ?? request, header, default);
    }

    internal static void AssertBalanced(RestoreResult result)
    {
        Assert.Equal(result.RowsInBackup, result.RowsRestored + result.RowsFailed);
        Assert.All(result.Tables, t => Assert.Equal(t.RowsInBackup, t.RowsRestored + t.RowsFailed));
        Assert.Equal(result.RowsInBackup, result.Tables.Sum(t => t.RowsInBackup));
    }
}
