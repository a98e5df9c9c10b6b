using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using TsBackup.Operations;

namespace TsBackup.Binding;

/// <summary>Completes tables of the version typed so far; where none is typed, of the newest version of the repository.</summary>
public sealed class TableCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var word = (wordToComplete ?? "").Trim('\'', '"');
        var version = CompletionSession.Text(fakeBoundParameters, "VersionId") ?? VersionQuery.Latest;
        var store = CompletionSession.Text(fakeBoundParameters, "Store");
        var tables = CompletionSession.Ask(fakeBoundParameters, async (repository, token) =>
        {
            var header = await VersionQuery.FindAsync(repository, version, store, null, token).ConfigureAwait(false);
            return await VersionQuery.ContentsAsync(repository, header, token).ConfigureAwait(false);
        });
        return tables
            .Where(table => table.Table.StartsWith(word, StringComparison.OrdinalIgnoreCase)
                || table.ToString().StartsWith(word, StringComparison.OrdinalIgnoreCase))
            .Select(table => new CompletionResult(Quote(table.ToString()), table.ToString(), CompletionResultType.ParameterValue, $"{table.Rows:N0} rows"));
    }

    private static string Quote(string name) => name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '/')
        ? name
        : $"'{CodeGeneration.EscapeSingleQuotedStringContent(name)}'";
}
