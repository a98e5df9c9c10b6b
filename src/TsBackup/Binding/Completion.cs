using System.Management.Automation;
using System.Management.Automation.Language;

namespace TsBackup.Binding;

/// <summary>Values that are offered for a parameter.</summary>
internal static class Completion
{
    private const string Plain = "_-./:+%";

    /// <summary>A value, quoted where the language needs it, and what is said about it.</summary>
    public static CompletionResult Of(string value, string tip) => new(Quote(value), value, CompletionResultType.ParameterValue, tip);

    private static string Quote(string name) => name.All(c => char.IsAsciiLetterOrDigit(c) || Plain.Contains(c, StringComparison.Ordinal))
        ? name
        : $"'{CodeGeneration.EscapeSingleQuotedStringContent(name)}'";
}
