using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using TsBackup.Connectors;
using TsBackup.Operations;

namespace TsBackup.Binding;

/// <summary>
/// Completes the URI of a store: those whose versions the repository typed so far holds, and the schemes that there are, with an
/// example of how each goes on.
/// </summary>
public sealed class StoreCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var word = (wordToComplete ?? "").Trim('\'', '"');
        var versions = CompletionSession.Ask(
            new TypedParameters(commandName, commandAst, fakeBoundParameters),
            (repository, token) => new VersionFilter().ListAsync(repository, token));
        var known =
            from store in versions.GroupBy(version => version.Store, StringComparer.Ordinal)
            where store.Key.StartsWith(word, StringComparison.OrdinalIgnoreCase)
            select Completion.Of(store.Key, $"{store.Count()} versions, the last of {store.Max(version => version.Started):u}");
        var schemes =
            from connector in ConnectorCatalog.All
            from scheme in connector.Schemes
            let text = scheme + "://"
            where text.StartsWith(word, StringComparison.OrdinalIgnoreCase)
            select Completion.Of(text, $"{connector.Name}: {connector.Example}");
        return [.. known, .. schemes];
    }
}
