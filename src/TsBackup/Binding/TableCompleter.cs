using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using TsBackup.Operations;

namespace TsBackup.Binding;

/// <summary>
/// Completes tables: of the live store where one is read; else of the version typed so far, or of the newest version of the repository.
/// </summary>
public sealed class TableCompleter : IArgumentCompleter
{
    private static readonly string[] s_readers = ["Backup-TimeSeries", "Get-TimeSeriesStore"];

    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var word = (wordToComplete ?? "").Trim('\'', '"');
        var typed = new TypedParameters(commandName, commandAst, fakeBoundParameters);
        var tables = s_readers.Contains(commandName, StringComparer.OrdinalIgnoreCase) ? OfStore(typed) : OfVersion(typed);
        return tables
            .Where(table => table.Name.StartsWith(word, StringComparison.OrdinalIgnoreCase)
                || table.FullName.StartsWith(word, StringComparison.OrdinalIgnoreCase))
            .Select(table => Completion.Of(table.FullName, table.Tip));
    }

    private static IEnumerable<(string Name, string FullName, string Tip)> OfStore(TypedParameters typed) =>
        CompletionSession.AskStore(typed).Select(table => (table.Id.Name, table.Id.ToString(), $"{table.Columns.Count} columns"));

    private static IEnumerable<(string Name, string FullName, string Tip)> OfVersion(TypedParameters typed)
    {
        var version = typed.Text("VersionId") ?? VersionQuery.Latest;
        var store = typed.Text("Store");
        var tables = CompletionSession.Ask(typed, async (repository, token) =>
        {
            var header = await VersionQuery.FindAsync(repository, version, store, null, token).ConfigureAwait(false);
            return await VersionQuery.ContentsAsync(repository, header, token).ConfigureAwait(false);
        });
        return tables.Select(table => (table.Table, table.ToString(), $"{table.Rows:N0} rows"));
    }
}
