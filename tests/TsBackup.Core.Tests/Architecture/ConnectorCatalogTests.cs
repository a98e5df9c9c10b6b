using System.Reflection;
using TsBackup.Connectors;
using TsBackup.Tests.Contracts;
using Xunit;

namespace TsBackup.Tests.Architecture;

public sealed class ConnectorCatalogTests
{
    private const string Root = "TsBackup.Connectors.";

    private static readonly Type[] s_contracts =
        [.. Assembly.GetExecutingAssembly().GetTypes().Where(type => !type.IsAbstract && type.IsSubclassOf(typeof(ConnectorContract)))];

    public static TheoryData<string> Names => [.. ConnectorCatalog.All.Select(info => info.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryConnectorHasAContractSuiteInItsFolder(string name) =>
        Assert.Contains(s_contracts, type => type.Namespace == $"TsBackup.Tests.Connectors.{FolderOf(name)}");

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryConnectorHasARowInTheConnectorsTopic(string name)
    {
        var info = ConnectorCatalog.All.Single(info => info.Name == name);
        var row = File.ReadLines(Path.Combine(SourceTree.Root, "en-US", "about_TsBackup_Connectors.md"))
            .Select(line => line.Trim().Trim('|').Split('|', StringSplitOptions.TrimEntries))
            .SingleOrDefault(cells => cells[0] == name && cells.Length > 2);
        Assert.True(row is not null, $"about_TsBackup_Connectors has no row for {name}.");
        Assert.Equal(string.Join(", ", info.Schemes), row[1]);
        Assert.Equal(info.Example, row[2]);
    }

    [Fact]
    public void EveryConnectorFolderIsInTheCatalog()
    {
        var listed = ConnectorCatalog.All.Select(info => FolderOf(info.Name)).ToArray();
        var implemented = typeof(IConnector).Assembly.GetTypes()
            .Where(type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IConnector)))
            .Where(type => type.Namespace!.StartsWith(Root, StringComparison.Ordinal))
            .Select(type => type.Namespace![Root.Length..].Split('.')[0])
            .Distinct();
        Assert.Empty(implemented.Except(listed));
    }

    [Fact]
    public void NoSchemeHasTwoConnectors() =>
        Assert.Distinct(ConnectorCatalog.All.SelectMany(info => info.Schemes));

    [Fact]
    public void EveryExampleIsAnAddressOfItsConnector() =>
        Assert.All(ConnectorCatalog.All, info => Assert.Same(info, ConnectorCatalog.Find(StoreAddress.Parse(info.Example))));

    private static string FolderOf(string name)
    {
        var info = ConnectorCatalog.All.Single(info => info.Name == name);
        return info.Create.Method.DeclaringType!.Namespace![Root.Length..].Split('.')[0];
    }
}
