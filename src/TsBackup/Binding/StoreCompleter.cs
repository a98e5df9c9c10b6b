using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using TsBackup.Connectors;

namespace TsBackup.Binding;

/// <summary>Completes the scheme of a store's URI; the example shows how it goes on.</summary>
public sealed class StoreCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        from connector in ConnectorCatalog.All
        from scheme in connector.Schemes
        let text = scheme + "://"
        where text.StartsWith(wordToComplete ?? "", StringComparison.OrdinalIgnoreCase)
        select new CompletionResult(text, text, CompletionResultType.ParameterValue, $"{connector.Name}: {connector.Example}");
}
