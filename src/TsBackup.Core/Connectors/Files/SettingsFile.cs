using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.Files;

/// <summary>
/// Settings documents of other stores, kept in a file of the folder so that a restore into files loses nothing. They act on nothing here.
/// Those of users hold hashes of passwords, so the file is for its owner only.
/// </summary>
internal static class SettingsFile
{
    public const string Name = "tsbackup-settings.json";

    /// <summary>The documents of a folder; none when it has no such file.</summary>
    /// <exception cref="TsBackupException">SourceFileDamaged, StoreAccessDenied.</exception>
    public static IReadOnlyList<SettingsDocument> Read(string root)
    {
        var path = Path.Combine(root, Name);
        try
        {
            return File.Exists(path) ? [.. JArray.Parse(File.ReadAllText(path)).Select(Parse)] : [];
        }
        catch (Exception error) when (error is JsonException or ArgumentException or InvalidCastException or FormatException)
        {
            throw new TsBackupException(
                ErrorId.SourceFileDamaged,
                $"The file '{path}' is not a list of settings documents.",
                path,
                "Bring the file back from where it came from, or remove it from the folder.",
                error);
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Reading(error, path);
        }
    }

    /// <summary>Adds documents; one of the same kind, name and table takes the place of the old one.</summary>
    public static void Merge(string root, IReadOnlyList<SettingsDocument> documents)
    {
        var all = Read(root).ToDictionary(Key);
        foreach (var document in documents)
            all[Key(document)] = document;
        var array = new JArray(all.OrderBy(pair => pair.Key).Select(pair => Format(pair.Value)));
        FilePlacing.WritePrivate(Path.Combine(root, Name), stream =>
        {
            using var text = new StreamWriter(stream, leaveOpen: true);
            text.Write(array.ToString(Formatting.Indented));
            text.Write('\n');
        });
    }

    private static (string Kind, string Name, string Group, string Table) Key(SettingsDocument document) =>
        (document.Kind, document.Name, document.Table?.Group ?? "", document.Table?.Name ?? "");

    private static JObject Format(SettingsDocument document)
    {
        var result = new JObject
        {
            ["kind"] = document.Kind,
            ["name"] = document.Name,
            ["native"] = document.Native,
            ["readable"] = document.Readable,
            ["isComplete"] = document.IsComplete,
            ["remark"] = document.Remark,
        };
        if (document.Table is { } table)
            result["table"] = new JObject { ["group"] = table.Group, ["name"] = table.Name };
        return result;
    }

    private static SettingsDocument Parse(JToken token) => new(
        Text(token, "kind"),
        Text(token, "name"),
        Text(token, "native"),
        Text(token, "readable"),
        token["table"] is JObject table ? new TableId(Text(table, "group"), Text(table, "name")) : null,
        token["isComplete"] is { Type: JTokenType.Boolean } complete ? (bool)complete : true,
        token["remark"] is { Type: JTokenType.String } remark ? (string)remark! : "");

    private static string Text(JToken token, string name) => token is JObject && token[name] is { Type: JTokenType.String } value
        ? (string)value!
        : throw new FormatException($"A settings document has no '{name}'.");
}
