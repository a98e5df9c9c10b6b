using System.Globalization;
using System.Text;
using Newtonsoft.Json.Linq;
using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Repository;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Cli;

public sealed class CommandLineTests : IDisposable
{
    private const string Passphrase = "tr0ub4dor & three";
    private readonly ScratchFolder _folder = new();
    private readonly Dictionary<string, string?> _environment = new() { ["TSBACKUP_PASSPHRASE"] = Passphrase };

    private string Store => new Uri(_folder.File("store")).AbsoluteUri;

    private string Repository => _folder.File("repository");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TheWholeLifeOfABackupAsJson()
    {
        WriteStore(rows: 500);
        var created = (await RunAsync("init", Repository, "--json")).Expect(0).Json;
        Assert.Equal(1, (int)created["Format"]!);
        var version = (await RunAsync("backup", Store, "--repository", Repository, "--tag", "nightly", "--json")).Expect(0).Json;
        Assert.Equal("Complete", (string?)version["State"]);
        Assert.Equal(500, (long)version["Rows"]!);
        Assert.Equal("nightly", (string?)version["Tags"]![0]);
        var versions = (JArray)(await RunAsync("versions", "--repository", Repository, "--json")).Expect(0).Json;
        Assert.Equal((string?)version["VersionId"], (string?)Assert.Single(versions)["VersionId"]);
        var contents = (JArray)(await RunAsync("contents", "latest", "--repository", Repository, "--json")).Expect(0).Json;
        Assert.Equal(500, (long)Assert.Single(contents)["Rows"]!);
        foreach (var level in new[] { "quick", "stored", "full", "source", "drill" })
        {
            var test = (await RunAsync("test", "latest", "--repository", Repository, "--level", level, "--json")).Expect(0).Json;
            Assert.True((bool)test["Passed"]!, level);
        }
        var target = new Uri(_folder.File("target")).AbsoluteUri;
        var plan = (await RunAsync("restore", "latest", target, "--repository", Repository, "--plan", "--json")).Expect(0).Json;
        Assert.Equal(500, (long)plan["RowsInBackup"]!);
        Assert.False(Directory.Exists(_folder.File("target")));
        var restored = (await RunAsync("restore", "latest", target, "--repository", Repository, "--json")).Expect(0).Json;
        Assert.Equal(500, (long)restored["RowsRestored"]!);
        Assert.True((bool)restored["Verified"]!);
        var error = (await RunAsync("restore", "latest", target, "--repository", Repository, "--json")).Expect(1).Json;
        Assert.Equal(nameof(ErrorId.TargetExists), (string?)error["ErrorId"]);
        var store = (await RunAsync("inspect", Store, "--json")).Expect(0).Json;
        Assert.Equal("cpu", (string?)store["Tables"]![0]!["Table"]);
        (await RunAsync("info", "--repository", Repository)).Expect(0);
    }

    [Fact]
    public async Task ThePassphraseComesFromAFileToo()
    {
        WriteStore(rows: 5);
        var file = _folder.File("passphrase");
        await File.WriteAllTextAsync(file, Passphrase + "\n");
        (await CommandLine.RunAsync(null, "init", Repository, "--passphrase-file", file)).Expect(0);
        (await RunAsync("backup", Store, "--repository", Repository)).Expect(0);
    }

    [Theory]
    [InlineData(2, nameof(ErrorId.StoreUriInvalid), "backup", "no uri", "--repository", "{repository}")]
    [InlineData(1, nameof(ErrorId.ConnectorNotFound), "backup", "oracle://host/db", "--repository", "{repository}")]
    [InlineData(1, nameof(ErrorId.StoreNotFound), "backup", "{missing}", "--repository", "{repository}")]
    [InlineData(2, nameof(ErrorId.TimeRangeInvalid),
        "backup", "{store}", "--repository", "{repository}", "--start", "2026-02-01T00:00:00Z", "--end", "2026-01-01T00:00:00Z")]
    [InlineData(2, nameof(ErrorId.TimeInvalid), "backup", "{store}", "--repository", "{repository}", "--start", "yesterday-ish")]
    [InlineData(2, nameof(ErrorId.ScopeEmpty), "backup", "{store}", "--repository", "{repository}", "--table", "nothing*")]
    [InlineData(1, nameof(ErrorId.RepositoryNotFound), "versions", "--repository", "{nowhere}")]
    [InlineData(2, nameof(ErrorId.RepositoryUriInvalid), "versions", "--repository", "gopher://host/x")]
    [InlineData(1, nameof(ErrorId.RepositoryExists), "init", "{repository}")]
    [InlineData(2, nameof(ErrorId.ArgumentInvalid), "init", "{folder}")]
    [InlineData(1, nameof(ErrorId.VersionNotFound), "restore", "1999", "{missing}", "--repository", "{repository}")]
    [InlineData(2, nameof(ErrorId.RenameInvalid), "restore", "latest", "{missing}", "--repository", "{repository}", "--rename", "x")]
    [InlineData(1, nameof(ErrorId.FileNotFound), "versions", "--repository", "{repository}", "--passphrase-file", "{nowhere}")]
    [InlineData(2, nameof(ErrorId.ArgumentInvalid), "demo", "--points", "7")]
    [InlineData(2, nameof(ErrorId.ArgumentInvalid), "remove", "--repository", "{repository}", "--keep-last", "-1")]
    [InlineData(2, nameof(ErrorId.ArgumentInvalid), "remove", "--repository", "{repository}", "--keep-within=-1.00:00:00")]
    [InlineData(2, nameof(ErrorId.ArgumentInvalid), "compact", "--repository", "{repository}", "--grace=-00:00:01")]
    public async Task BadInputIsAClearErrorWithItsIdAndExitCode(int exitCode, string errorId, params string[] arguments)
    {
        WriteStore(rows: 3);
        (await RunAsync("init", Repository)).Expect(0);
        var filled = arguments.Select(a => a
            .Replace("{repository}", Repository, StringComparison.Ordinal)
            .Replace("{nowhere}", _folder.File("nowhere"), StringComparison.Ordinal)
            .Replace("{missing}", new Uri(_folder.File("missing")).AbsoluteUri, StringComparison.Ordinal)
            .Replace("{folder}", _folder.File("store"), StringComparison.Ordinal)
            .Replace("{store}", Store, StringComparison.Ordinal)).ToArray();
        var result = (await RunAsync(filled)).Expect(exitCode);
        Assert.Contains($"({errorId})", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Passphrase, result.Error + result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AWrongPassphraseAndNoneAtAllAreTwoErrors()
    {
        (await RunAsync("init", Repository)).Expect(0);
        var wrong = new Dictionary<string, string?> { ["TSBACKUP_PASSPHRASE"] = "guess" };
        Assert.Contains(nameof(ErrorId.RepositoryKeyWrong), (await CommandLine.RunAsync(
            wrong, "versions", "--repository", Repository)).Expect(1).Error, StringComparison.Ordinal);
        Assert.Contains(nameof(ErrorId.PassphraseMissing),
            (await CommandLine.RunAsync(null, "versions", "--repository", Repository)).Expect(1).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("backup")]
    [InlineData("nonsense")]
    [InlineData("backup", "x", "--repository", "y", "--unknown")]
    [InlineData("test", "--repository", "y", "--level", "deep")]
    public async Task WrongUsageEndsWithTwo(params string[] arguments) => (await RunAsync(arguments)).Expect(2);

    [Fact]
    public async Task AnUnreachableServerIsAnError()
    {
        var result = (await RunAsync("inspect", "influxdb://127.0.0.1:1/db")).Expect(1);
        Assert.Contains(nameof(ErrorId.StoreUnreachable), result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APasswordInTheUriIsNeverPrinted()
    {
        var result = (await RunAsync("inspect", "influxdb://admin:hunter2@127.0.0.1:1/db", "--json")).Expect(1);
        Assert.DoesNotContain("hunter2", result.Error + result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DamageEndsWithFour()
    {
        WriteStore(rows: 500);
        (await RunAsync("init", Repository)).Expect(0);
        (await RunAsync("backup", Store, "--repository", Repository)).Expect(0);
        var pack = Directory.GetFiles(Repository, "*", SearchOption.AllDirectories).MaxBy(f => new FileInfo(f).Length)!;
        var bytes = await File.ReadAllBytesAsync(pack);
        bytes[bytes.Length / 4] ^= 1;
        File.Delete(pack);
        await File.WriteAllBytesAsync(pack, bytes);
        foreach (var level in new[] { "stored", "full" })
        {
            var test = (await RunAsync("test", "--repository", Repository, "--level", level)).Expect(4);
            Assert.Contains($"({nameof(ErrorId.VerificationFailed)})", test.Error, StringComparison.Ordinal);
            Assert.Contains("tsbackup repair", test.Error, StringComparison.Ordinal);
            Assert.Contains("--copy", test.Error, StringComparison.Ordinal);
        }
        var target = new Uri(_folder.File("target")).AbsoluteUri;
        var restored = (await RunAsync("restore", "latest", target, "--repository", Repository, "--json")).Expect(3);
        Assert.True((long)restored.Json["RowsFailed"]! > 0);
        Assert.Contains($"({nameof(ErrorId.RestoreIncomplete)})", restored.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnIncompleteBackupEndsWithThreeAndSaysWhatIsMissing()
    {
        WriteStore(rows: 5);
        await File.AppendAllTextAsync(Path.Combine(_folder.File("store"), "cpu.lp"), "this is not line protocol\n");
        await CreateCheapAsync(Repository, Passphrase);
        var result = (await RunAsync("backup", Store, "--repository", Repository, "--json")).Expect(3);
        Assert.Equal("Incomplete", (string?)result.Json["State"]);
        Assert.Contains($"({nameof(ErrorId.BackupIncomplete)})", result.Error, StringComparison.Ordinal);
        Assert.Contains((string)result.Json["Reasons"]![0]!, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InfoShowsUnitsAndATestItsShare()
    {
        WriteStore(rows: 5);
        await CreateCheapAsync(Repository, Passphrase);
        (await RunAsync("backup", Store, "--repository", Repository)).Expect(0);
        var info = (await RunAsync("info", "--repository", Repository)).Expect(0).Output;
        Assert.Matches(@"ReadBytesPerSecond +: [0-9.]+ ([KMGT]i)?B/s\r?\n", info);
        Assert.Matches(@"WriteBytesPerSecond +: [0-9.]+ ([KMGT]i)?B/s\r?\n", info);
        Assert.Matches(@"Latency +: [0-9]+\.[0-9] ms\r?\n", info);
        Assert.Contains("100 %", (await RunAsync("test", "--repository", Repository)).Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CopiesStandInForARepositoryThatIsDamagedOrGoneAndHealIt()
    {
        WriteStore(rows: 500);
        var second = _folder.File("second");
        await CreateCheapAsync(Repository, Passphrase);
        await CreateCheapAsync(second, Passphrase);
        var versions = (await RunAsync("backup", Store, "--repository", Repository, "--repository", second, "--json")).Expect(0).Json;
        Assert.Equal(2, versions.Count());
        foreach (var pack in Directory.GetFiles(Path.Combine(Repository, "packs"), "*", SearchOption.AllDirectories))
            File.Delete(pack);
        (await RunAsync("test", "--repository", Repository, "--heal")).Expect(2);
        var target = new Uri(_folder.File("target")).AbsoluteUri;
        var restored = (await RunAsync("restore", "latest", target, "--repository", Repository, "--copy", second, "--json")).Expect(0).Json;
        Assert.Equal((500, second), ((int)restored["RowsRestored"]!, (string?)Assert.Single(restored["ReplacedFrom"]!)));
        (await RunAsync("test", "--repository", Repository)).Expect(4);
        var healed = (await RunAsync("test", "--repository", Repository, "--copy", second, "--heal", "--json")).Expect(0).Json;
        Assert.True((bool)healed["Repair"]!["NothingLost"]!);
        Directory.Delete(Repository, recursive: true);
        var again = new Uri(_folder.File("again")).AbsoluteUri;
        (await RunAsync("restore", (string)versions[1]!["VersionId"]!, again, "--repository", Repository, "--copy", second)).Expect(0);
    }

    [Fact]
    public async Task ARepositoryThatWasSetBackIsRefusedUntilThatIsAccepted()
    {
        WriteStore(rows: 20);
        _environment["TSBACKUP_STATE_FOLDER"] = _folder.File("seen");
        await CreateCheapAsync(Repository, Passphrase);
        var info = (await RunAsync("info", "--repository", Repository, "--json")).Expect(0).Json;
        Assert.True((bool)info["IsWritable"]!);
        (await RunAsync("backup", Store, "--repository", Repository)).Expect(0);
        (await RunAsync("info", "--repository", Repository, "--no-probe", "--known-position", (string)info["LogPosition"]!)).Expect(0);
        foreach (var entry in Directory.GetFiles(Path.Combine(Repository, "log")).Order(StringComparer.Ordinal).Skip(1))
            File.Delete(entry);
        var error = (await RunAsync("versions", "--repository", Repository, "--json")).Expect(4).Json;
        Assert.Equal(nameof(ErrorId.RepositoryRolledBack), (string?)error["ErrorId"]);
        (await RunAsync("repair", "--repository", Repository)).Expect(4);
        (await RunAsync("repair", "--repository", Repository, "--accept-rollback")).Expect(0);
        (await RunAsync("versions", "--repository", Repository)).Expect(0);
    }

    [Fact]
    public async Task TestsWithinLimitsSayWhatTheyDidNotLookAt()
    {
        WriteStore(rows: 500);
        await CreateCheapAsync(Repository, Passphrase);
        (await RunAsync("backup", Store, "--repository", Repository)).Expect(0);
        var late = (await RunAsync("test", "all", "--repository", Repository, "--max-duration", "0s", "--json")).Expect(3);
        Assert.Equal(nameof(BackupTestOutcome.NotReached), (string?)late.Json["Outcome"]);
        Assert.Contains($"({nameof(ErrorId.VerificationFailed)})", late.Error, StringComparison.Ordinal);
        var sample = (await RunAsync("test", "--repository", Repository, "--sample", "10", "--seed", "4", "--json")).Expect(0).Json;
        Assert.Equal((nameof(BackupTestOutcome.Partial), 4), ((string?)sample["Outcome"], (int)sample["Seed"]!));
        (await RunAsync("test", "--repository", Repository)).Expect(0);
        var recorded = (await RunAsync("test", "--repository", Repository, "--max-age", "24h", "--json")).Expect(0).Json;
        Assert.True((bool)recorded["IsRecorded"]!);
        var versions = (await RunAsync("versions", "--repository", Repository, "--json")).Expect(0).Json;
        Assert.Equal(nameof(BackupTestLevel.Full), (string?)versions[0]!["LastTest"]!["Level"]);
        (await RunAsync("test", "--repository", Repository, "--sample", "0")).Expect(2);
        (await RunAsync("test", "--repository", Repository, "--level", "stored", "--max-age", "1.00:00:00")).Expect(0);
    }

    [Fact]
    public async Task RepairNamesWhatIsLostAndHealsFromACopyWithAnotherPassphrase()
    {
        WriteStore(rows: 500);
        var copy = _folder.File("copy");
        var file = _folder.File("copy-passphrase");
        await File.WriteAllTextAsync(file, "of the copy\n");
        await CreateCheapAsync(Repository, Passphrase);
        await CreateCheapAsync(copy, "of the copy");
        (await RunAsync("backup", Store, "--repository", Repository)).Expect(0);
        (await RunAsync("copy", "--repository", Repository, "--to", copy, "--to-passphrase-file", file)).Expect(0);
        foreach (var pack in Directory.GetFiles(Path.Combine(Repository, "packs"), "*", SearchOption.AllDirectories))
            File.Delete(pack);
        var plan = (await RunAsync("repair", "--repository", Repository, "--plan", "--json")).Expect(3).Json;
        Assert.Equal((true, false), ((bool)plan["IsPlan"]!, (bool)plan["NothingLost"]!));
        var healed = (await RunAsync("repair", "--repository", Repository, "--from", copy, "--from-passphrase-file", file, "--json"))
            .Expect(0).Json;
        Assert.True((bool)healed["NothingLost"]!);
        (await RunAsync("test", "--repository", Repository, "--level", "full")).Expect(0);
        foreach (var pack in Directory.GetFiles(Path.Combine(Repository, "packs"), "*", SearchOption.AllDirectories))
            File.Delete(pack);
        var lost = (await RunAsync("repair", "--repository", Repository, "--json")).Expect(3).Json;
        Assert.Equal(nameof(BackupRepairOutcome.Lost), (string?)Assert.Single(lost["Versions"]!)["Outcome"]);
        Assert.Contains("0", (await RunAsync("repair", "--repository", Repository)).Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RemovedVersionsAreListedAndTakenBackAndALostConfigIsMadeAgain()
    {
        WriteStore(rows: 20);
        await CreateCheapAsync(Repository, Passphrase);
        var first = (string)(await RunAsync("backup", Store, "--repository", Repository, "--json")).Expect(0).Json["VersionId"]!;
        (await RunAsync("backup", Store, "--repository", Repository)).Expect(0);
        (await RunAsync("remove", "--keep-last", "1", "--repository", Repository)).Expect(0);
        var removed = (await RunAsync("versions", "--removed", "--repository", Repository, "--json")).Expect(0).Json;
        Assert.Equal(first, (string?)Assert.Single(removed)["VersionId"]);
        (await RunAsync("remove", "--undo", first, "--repository", Repository)).Expect(0);
        Assert.Empty((await RunAsync("versions", "--removed", "--repository", Repository, "--json")).Expect(0).Json);

        File.Delete(Path.Combine(Repository, "config"));
        Assert.Contains(nameof(ErrorId.ConfigDamaged),
            (await RunAsync("versions", "--repository", Repository)).Expect(4).Error, StringComparison.Ordinal);
        Assert.Contains(nameof(ErrorId.RepositoryExists), (await RunAsync("init", Repository)).Expect(1).Error, StringComparison.Ordinal);
        (await RunAsync("repair", "--repository", Repository, "--plan")).Expect(0);
        Assert.False(File.Exists(Path.Combine(Repository, "config")));
        (await RunAsync("repair", "--repository", Repository)).Expect(0);
        (await RunAsync("test", "all", "--repository", Repository)).Expect(0);
    }

    [Fact]
    public async Task OfSeveralStoresTheLatestVersionIsOfTheOneThatIsNamed()
    {
        WriteStore(rows: 5);
        await CreateCheapAsync(Repository, Passphrase);
        await CreateCheapAsync(_folder.File("vault"), Passphrase);
        var first = (string)(await RunAsync("backup", Store, "--repository", Repository, "--json")).Expect(0).Json["VersionId"]!;
        Directory.CreateDirectory(_folder.File("other"));
        File.Copy(Path.Combine(_folder.File("store"), "cpu.lp"), Path.Combine(_folder.File("other"), "cpu.lp"));
        (await RunAsync("backup", new Uri(_folder.File("other")).AbsoluteUri, "--repository", Repository)).Expect(0);

        var refused = (await RunAsync("contents", "latest", "--repository", Repository)).Expect(2);
        Assert.Contains(nameof(ErrorId.VersionAmbiguous), refused.Error, StringComparison.Ordinal);
        (await RunAsync("contents", "latest", "--store", Store, "--repository", Repository)).Expect(0);
        (await RunAsync("compare", first, "latest", "--repository", Repository)).Expect(0);
        var copied = await RunAsync("copy", "latest", "--store", Store, "--to", _folder.File("vault"), "--repository", Repository, "--json");
        Assert.Equal(first, (string?)Assert.Single(copied.Expect(0).Json)["VersionId"]);
        (await RunAsync("remove", "latest", "--store", Store, "--force", "--repository", Repository)).Expect(0);
        (await RunAsync("contents", "latest", "--repository", Repository)).Expect(0);
    }

    [Fact]
    public async Task TheDemoRunsAndItsVerdictsAreComputed()
    {
        var report = (await RunAsync("demo", "--points", "40000", "--json")).Expect(0).Json;
        Assert.True((bool)report["Passed"]!);
        var steps = (JArray)report["Steps"]!;
        Assert.Equal(11, steps.Count);
        Assert.Equal(4000, (long)steps.Single(s => (string?)s["Step"] == "restore the first")["Rows"]!);
        Assert.Equal(4200, (long)steps.Single(s => (string?)s["Step"] == "restore the second")["Rows"]!);
    }

    private Task<CommandResult> RunAsync(params string[] arguments) => CommandLine.RunAsync(_environment, arguments);

    /// <summary>Makes a repository whose key costs little, for tests that open it often.</summary>
    private static async Task CreateCheapAsync(string location, string passphrase)
    {
        using var key = KeySource.FromPassphrase(passphrase);
        await using var made = await RepositoryConnection.CreateAsync(
            location, key, new RepositoryOptions { KeyIterations = 1000 }, default);
    }

    private void WriteStore(int rows)
    {
        var text = new StringBuilder();
        for (var i = 0; i < rows; i++)
            text.Append(CultureInfo.InvariantCulture,
                $"cpu,host=h{i % 7} load={i * 0.25},count={i}i {1_700_000_000_000_000_000 + (i * 1_000_000_000L)}\n");
        Directory.CreateDirectory(_folder.File("store"));
        File.WriteAllText(Path.Combine(_folder.File("store"), "cpu.lp"), text.ToString());
    }
}
