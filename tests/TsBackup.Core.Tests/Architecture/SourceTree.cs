using System.Text.RegularExpressions;

namespace TsBackup.Tests.Architecture;

/// <summary>The source files of the checkout that this test assembly was built from.</summary>
internal static partial class SourceTree
{
    /// <summary>Folder of the checkout.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The C# files below a folder of the checkout, with their texts.</summary>
    public static IReadOnlyList<SourceFile> Read(string folder)
    {
        var top = Path.Combine(Root, folder);
        return
        [
            .. Directory.EnumerateFiles(top, "*.cs", SearchOption.AllDirectories)
                .Select(path => new SourceFile(Path.GetRelativePath(top, path).Replace('\\', '/'), File.ReadAllText(path)))
                .Where(file => !file.Path.Split('/').Any(part => part is "bin" or "obj")),
        ];
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "TsBackup.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests do not run inside the checkout.");
        return folder;
    }

    /// <summary>A file below a folder.</summary>
    internal sealed partial record SourceFile(string Path, string Text)
    {
        /// <summary>Its folder, such as <c>Connectors/InfluxDb</c>; empty at the top.</summary>
        public string Folder => System.IO.Path.GetDirectoryName(Path)!.Replace('\\', '/');

        /// <summary>The namespace it declares; null when it declares none.</summary>
        public string? Namespace => NamespaceLine().Match(Text) is { Success: true } match ? match.Groups[1].Value : null;

        /// <summary>The namespaces it uses, in using lines or by full name.</summary>
        public IEnumerable<string> Uses => UsingLine().Matches(Text).Select(match => match.Groups[1].Value)
            .Concat(FullName().Matches(Text).Select(match => match.Groups[1].Value)).Distinct();

        [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
        private static partial Regex NamespaceLine();

        [GeneratedRegex(@"^(?:global )?using (?:static )?(?:\w+ = )?([\w.]+)", RegexOptions.Multiline)]
        private static partial Regex UsingLine();

        // A full name in code, not in a comment or text.
        [GeneratedRegex(@"^(?!\s*//)[^""\n]*?\b((?:TsBackup|System\.Management)\.[A-Z]\w+)\.[A-Z]", RegexOptions.Multiline)]
        private static partial Regex FullName();
    }
}
