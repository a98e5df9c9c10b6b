using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Repository;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tests.Connectors.Tablestore;
using TsBackup.Tests.Support;
using TsBackup.TestServers.Tablestore;
using Xunit;

namespace TsBackup.Tests.Cli;

/// <summary>The command line against the fake instance: the main job, and each kind of bad day with its error and exit code.</summary>
public sealed class TablestoreCommandLineTests : IAsyncLifetime, IDisposable
{
    private const string Passphrase = "a passphrase for tests";
    private readonly ScratchFolder _folder = new();
    private readonly InstantClock _clock = new();
    private readonly FakeTablestore _server;
    private readonly Dictionary<string, string?> _environment = new()
    {
        ["TSBACKUP_PASSPHRASE"] = Passphrase,
        ["TSBACKUP_STORE_USER"] = FakeTablestore.AccessKeyId,
        ["TSBACKUP_STORE_PASSWORD"] = FakeTablestore.AccessKeySecret,
    };

    public TablestoreCommandLineTests()
    {
        _server = new FakeTablestore(_clock) { PageRows = 100 };
        _server.Fill("orders", 250);
        _server.Fill("visits", 250);
    }

    private string Repository => _folder.File("repository");

    public async Task InitializeAsync()
    {
        using var key = KeySource.FromPassphrase(Passphrase);
        await using var made = await RepositoryConnection.CreateAsync(Repository, key, new RepositoryOptions { KeyIterations = 1000 }, default);
    }

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TablesGoOutAndInAgainUnderAnotherName()
    {
        var version = (await RunAsync("backup", Uri(), "--repository", Repository, "--json")).Expect(0).Json;
        Assert.Equal(("Complete", 4000L), ((string?)version["State"], (long)version["Rows"]!));

        var contents = (await RunAsync("contents", "latest", "--repository", Repository)).Expect(0).Output;
        Assert.Contains("orders: changes are found by reading in full", contents, StringComparison.Ordinal);
        var restored = (await RunAsync(
            "restore", "latest", Uri(), "--repository", Repository, "--table", "orders", "--rename", "orders=copy", "--json")).Expect(0).Json;

        Assert.Equal((2000L, true), ((long)restored["RowsRestored"]!, (bool)restored["Verified"]!));
        Assert.Equal(250, _server.RowCount("copy"));
    }

    [Fact]
    public async Task BadInputIsAnErrorWithItsIdAndExitCode()
    {
        await FailsAsync(1, ErrorId.StoreNotFound, "inspect", Uri("other"));
        await FailsAsync(2, ErrorId.StoreUriInvalid, "inspect", Uri() + "?speed=high");
        _environment["TSBACKUP_STORE_PASSWORD"] = "wrong-secret-text";
        await FailsAsync(1, ErrorId.StoreCredentialRejected, "inspect", Uri());
        _environment["TSBACKUP_STORE_PASSWORD"] = FakeTablestore.AccessKeySecret;
        _server.Fail(new FakeFault(OperationNames.ListTable, FakeFaultKind.ForeignSignature, 1));
        await FailsAsync(1, ErrorId.StoreReplySignatureInvalid, "inspect", Uri());
        _clock.Advance(TimeSpan.FromMinutes(20));
        var refused = await FailsAsync(1, ErrorId.StoreCredentialRejected, "inspect", Uri());
        Assert.Contains("clock is 20 minutes behind", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AKeyFileIsNotMixedWithTheEnvironment()
    {
        var file = _folder.File("key");
        await File.WriteAllLinesAsync(file, [FakeTablestore.AccessKeyId, FakeTablestore.AccessKeySecret]);
        _environment["TSBACKUP_STORE_USER"] = "another";
        _environment["TSBACKUP_STORE_PASSWORD"] = "of-another-store";
        (await RunAsync("inspect", $"{Uri()}?key-file={System.Uri.EscapeDataString(file)}")).Expect(0);
        await FailsAsync(1, ErrorId.StoreCredentialRejected, "inspect", Uri());
    }

    [Theory]
    [InlineData("a missing right", "may not be used for GetRange")]
    [InlineData("a corrupted row", "checksum")]
    [InlineData("a dropped table", "was dropped while it was read")]
    public async Task ATableThatCannotBeReadMakesTheVersionIncompleteAndIsNamed(string what, string reason)
    {
        if (what == "a missing right")
            _server.Deny(OperationNames.GetRange, "visits");
        else if (what == "a corrupted row")
            _server.Fail(new FakeFault(OperationNames.GetRange, FakeFaultKind.CorruptRow, int.MaxValue) { Table = "visits" });
        else
            _server.Fail(new FakeFault(OperationNames.GetRange, FakeFaultKind.EmptyPage) { Table = "visits", Action = Drop });

        var version = (await RunAsync("backup", Uri(), "--repository", Repository, "--json")).Expect(3);

        Assert.Equal(("Incomplete", 2000L), ((string?)version.Json["State"], (long)version.Json["Rows"]!));
        var only = Assert.Single(version.Json["Reasons"]!).ToString();
        Assert.StartsWith("visits", only, StringComparison.Ordinal);
        Assert.Contains(reason, only, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RowsTooLargeForTheTargetGetAnAccountAndCodeThree()
    {
        (await RunAsync("backup", Uri(), "--repository", Repository, "--table", "orders")).Expect(0);
        await using var small = new FakeTablestore(_clock) { MaxRowBytes = 100 };
        var target = $"tablestore+http://127.0.0.1:{small.Port}/{FakeTablestore.InstanceName}";

        var result = (await RunAsync("restore", "latest", target, "--repository", Repository, "--json")).Expect(3).Json;

        Assert.Equal((2000L, 0L, 2000L), ((long)result["RowsInBackup"]!, (long)result["RowsRestored"]!, (long)result["RowsFailed"]!));
        Assert.Contains(result["Problems"]!, problem => (string?)problem["ErrorId"] == nameof(ErrorId.StoreWriteRejected));
    }

    private void Drop() => _server.DropTable("visits");

    private string Uri(string instance = "") =>
        $"tablestore+http://127.0.0.1:{_server.Port}/{(instance.Length > 0 ? instance : FakeTablestore.InstanceName)}";

    private Task<CommandResult> RunAsync(params string[] arguments) => CommandLine.RunAsync(_environment, arguments);

    private async Task<CommandResult> FailsAsync(int exitCode, ErrorId id, params string[] arguments)
    {
        var result = (await RunAsync([.. arguments])).Expect(exitCode);
        Assert.Contains($"({id})", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-secret-text", result.Error + result.Output, StringComparison.Ordinal);
        return result;
    }
}
