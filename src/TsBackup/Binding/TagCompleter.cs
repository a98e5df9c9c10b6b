using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using TsBackup.Operations;

namespace TsBackup.Binding;

/// <summary>Completes labels that versions of the repository typed so far have.</summary>
public sealed class TagCompleter : IArgumentCompleter
{
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var word = (wordToComplete ?? "").Trim('\'', '"');
        var versions = CompletionSession.Ask(
            new TypedParameters(commandName, commandAst, fakeBoundParameters),
            (repository, token) => new VersionFilter().ListAsync(repository, token));
        return
            from tag in versions.SelectMany(version => version.Tags).GroupBy(tag => tag, StringComparer.Ordinal)
            where tag.Key.StartsWith(word, StringComparison.OrdinalIgnoreCase)
            orderby tag.Key
            select Completion.Of(tag.Key, $"{tag.Count()} versions");
    }
}
