using Xunit;

namespace TsBackup.Tests.Architecture;

public sealed class LayeringTests
{
    // Commands and Cli → Operations → { Connectors → Model, Codec → Model, Repository → Storage }; Errors below all.
    private static readonly Dictionary<string, string[]> s_core = new(StringComparer.Ordinal)
    {
        [""] = [],
        ["Errors"] = [],
        ["Model"] = ["Errors"],
        ["Storage"] = ["Errors"],
        ["Codec"] = ["Errors", "Model"],
        ["Repository"] = ["Errors", "Storage"],
        ["Connectors"] = ["Errors", "Model", "Tablestore"],
        ["Operations"] = ["Errors", "Model", "Storage", "Codec", "Repository", "Connectors"],
    };

    private static readonly string[] s_surface = ["Errors", "Model", "Repository", "Connectors", "Operations"];

    public static TheoryData<string> CoreFolders => [.. s_core.Keys];

    [Theory]
    [MemberData(nameof(CoreFolders))]
    public void AFolderOfCoreUsesOnlyWhatIsBelowIt(string folder)
    {
        var files = SourceTree.Read("src/TsBackup.Core").Where(file => Top(file.Folder) == folder).ToArray();
        Assert.NotEmpty(files);
        Assert.Empty(Wrong(files, [folder, .. s_core[folder]]));
    }

    [Fact]
    public void EveryFolderOfCoreHasItsPlaceInTheLayers() =>
        Assert.Empty(SourceTree.Read("src/TsBackup.Core").Select(file => Top(file.Folder)).Distinct().Except(s_core.Keys));

    [Fact]
    public void ConnectorsDoNotKnowEachOther()
    {
        string[] shared = ["Http", "LineProtocol"];
        var wrong =
            from file in SourceTree.Read("src/TsBackup.Core/Connectors")
            where file.Folder.Length > 0
            from use in file.Uses
            where use.StartsWith("TsBackup.Connectors.", StringComparison.Ordinal)
            let other = use.Split('.')[2]
            where other != Top(file.Folder) && (!shared.Contains(other) || shared.Contains(Top(file.Folder)))
            select $"{file.Path} uses {use}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void CmdletsCallOperationsAndNeverCodecOrStorage() =>
        Assert.Empty(Wrong(SourceTree.Read("src/TsBackup"), [.. s_surface, "Commands", "Pipeline", "Binding"]));

    [Fact]
    public void TheCommandLineCallsOperationsAndNeverCodecOrStorage() =>
        Assert.Empty(Wrong(SourceTree.Read("src/TsBackup.Cli"), [.. s_surface, "Cli"]));

    [Fact]
    public void OnlyTheCmdletsKnowPowerShell()
    {
        var wrong =
            from folder in new[] { "src/TsBackup.Core", "src/TsBackup.Cli", "src/TsBackup.Tablestore.Protocol" }
            from file in SourceTree.Read(folder)
            where file.Uses.Any(use => use.StartsWith("System.Management", StringComparison.Ordinal))
            select file.Path;
        Assert.Empty(wrong);
    }

    [Fact]
    public void CoreUsesNoThirdPartyPackageButNewtonsoftJson()
    {
        var wrong =
            from file in SourceTree.Read("src/TsBackup.Core")
            from use in file.Uses
            where use.Split('.')[0] is not ("System" or "Microsoft" or "TsBackup" or "Newtonsoft")
            select $"{file.Path} uses {use}";
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("src/TsBackup.Core", "TsBackup")]
    [InlineData("src/TsBackup", "TsBackup")]
    [InlineData("src/TsBackup.Cli", "TsBackup.Cli")]
    [InlineData("src/TsBackup.Tablestore.Protocol", "TsBackup.Tablestore.Protocol")]
    [InlineData("tests/TsBackup.Core.Tests", "TsBackup.Tests")]
    [InlineData("tests/TsBackup.TestServers", "TsBackup.TestServers")]
    public void NamespaceIsFolder(string folder, string root)
    {
        var wrong =
            from file in SourceTree.Read(folder)
            let expected = file.Folder.Length == 0 ? root : $"{root}.{file.Folder.Replace('/', '.')}"
            where file.Namespace is { } declared && declared != expected
            select $"{file.Path} is in {file.Namespace}, not in {expected}";
        Assert.Empty(wrong);
    }

    private static IEnumerable<string> Wrong(IEnumerable<SourceTree.SourceFile> files, string[] allowed) =>
        from file in files
        from use in file.Uses
        where use.StartsWith("TsBackup.", StringComparison.Ordinal) && !allowed.Contains(use.Split('.')[1])
        select $"{file.Path} uses {use}";

    private static string Top(string folder) => folder.Split('/')[0];
}
