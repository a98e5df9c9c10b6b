using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using TsBackup.Operations;

namespace TsBackup.Binding;

/// <summary>Completes ids of versions of the repository typed so far, newest first.</summary>
public sealed class VersionIdCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var results = new List<CompletionResult>();
        var word = wordToComplete ?? "";
        if (VersionQuery.Latest.StartsWith(word, StringComparison.OrdinalIgnoreCase))
        {
            results.Add(new CompletionResult(
                VersionQuery.Latest, VersionQuery.Latest, CompletionResultType.ParameterValue, "The newest version"));
        }
        var versions = CompletionSession.Ask(
            new TypedParameters(commandName, commandAst, fakeBoundParameters),
            (repository, token) => new VersionFilter().ListAsync(repository, token));
        foreach (var version in versions.Reverse().Where(version => version.VersionId.StartsWith(word, StringComparison.OrdinalIgnoreCase)))
        {
            results.Add(new CompletionResult(
                version.VersionId,
                version.VersionId,
                CompletionResultType.ParameterValue,
                $"{version.Store}, {version.Rows:N0} rows, {version.State}"));
        }
        return results;
    }
}
