using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Connectors.Tablestore;

/// <summary>
/// Makes the settings documents of tables. The native form is base64 of the service's own message with every field it sent, also
/// those this build does not know.
/// </summary>
internal static class SettingsDocuments
{
    private const string TransactionsRemark =
        "The service does not say whether local transactions are enabled; a restored table has them off.";

    /// <summary>The documents of a wide-column table.</summary>
    public static IEnumerable<SettingsDocument> Of(WideTable table)
    {
        if (table.Description is not { } description)
            yield break;
        var id = new TableId("", table.Name);
        yield return Make(SettingsKinds.Table, table.Name, description, Readable(description), id, TransactionsRemark);
        yield return Make(SettingsKinds.TableOptions, table.Name, description.Options!, Readable(description.Options!), id);
        if (description.Stream is { Enable: true } stream)
        {
            var readable = new JObject { ["expirationHours"] = stream.ExpirationHours, ["columns"] = new JArray(stream.Columns) };
            yield return Make(SettingsKinds.Stream, table.Name, stream, readable, id, "What the stream held does not come back.");
        }
        if (description.Encryption is { Enable: true } encryption)
        {
            var readable = new JObject { ["keyType"] = encryption.KeyType?.ToString() };
            yield return Make(SettingsKinds.Encryption, table.Name, encryption, readable, id, "The key itself stays with the key service.");
        }
        foreach (var index in description.Indexes)
            yield return Make(SettingsKinds.SecondaryIndex, index.Name!, index, Readable(index), id);
        foreach (var (name, index) in table.SearchIndexes)
        {
            var readable = new JObject
            {
                ["timeToLive"] = index.TimeToLive,
                ["schemaBytes"] = index.Schema?.Length,
                ["schema"] = index.Schema is { } schema ? Convert.ToBase64String(schema.Span) : null,
            };
            yield return Make(SettingsKinds.SearchIndex, name, index, readable, id);
        }
    }

    /// <summary>The documents of a time-series table.</summary>
    public static IEnumerable<SettingsDocument> Of(SeriesTable table)
    {
        if (table.Description is not { } description)
            yield break;
        var id = new TableId(TableColumns.TimeseriesGroup, table.Name);
        var meta = description.Meta!;
        var readable = new JObject
        {
            ["seriesKeys"] = new JArray(meta.SeriesKeys),
            ["fieldPrimaryKeys"] = new JArray(meta.FieldPrimaryKeys.Select(k => $"{k.Name} {k.Type}")),
        };
        yield return Make(SettingsKinds.TimeseriesTable, table.Name, description, readable, id);
        var options = new JObject
        {
            ["timeToLive"] = meta.Options?.TimeToLive,
            ["metaTimeToLive"] = meta.MetaOptions?.MetaTimeToLive,
            ["allowUpdateAttributes"] = meta.MetaOptions?.AllowUpdateAttributes,
        };
        yield return Make(SettingsKinds.TimeseriesOptions, table.Name, meta, options, id);
        foreach (var store in description.AnalyticalStores)
        {
            var of = new JObject { ["timeToLive"] = store.TimeToLive, ["syncOption"] = store.SyncOption };
            yield return Make(SettingsKinds.AnalyticalStore, store.Name ?? "", store, of, id);
        }
        foreach (var index in description.LastpointIndexes)
            yield return Make(SettingsKinds.LastpointIndex, index.IndexTableName!, index, [], id);
    }

    /// <summary>Reads the native form back.</summary>
    /// <exception cref="TsBackupException">VersionDamaged when it is no such message.</exception>
    public static T Parse<T>(SettingsDocument document)
        where T : Message, new()
    {
        try
        {
            return Message.Parse<T>(Convert.FromBase64String(document.Native));
        }
        catch (Exception e) when (e is FormatException or TablestoreProtocolException)
        {
            throw new TsBackupException(
                ErrorId.VersionDamaged,
                $"The settings document {document.Kind} '{document.Name}' is not readable.",
                document.Name,
                inner: e);
        }
    }

    private static SettingsDocument Make(
        string kind, string name, Message native, JObject readable, TableId table, string remark = "") =>
        new(
            kind,
            name,
            Convert.ToBase64String(native.Serialize().Span),
            readable.ToString(Formatting.Indented),
            table,
            IsComplete: remark.Length == 0,
            remark);

    private static JObject Readable(DescribeTableResponse table) => new()
    {
        ["primaryKey"] = new JArray(table.Meta!.PrimaryKey.Select(k => $"{k.Name} {k.Type}{(k.Option is null ? "" : " " + k.Option)}")),
        ["definedColumns"] = new JArray(table.Meta.DefinedColumns.Select(c => $"{c.Name} {c.Type}")),
        ["reservedReadUnits"] = table.Throughput!.Units!.Read,
        ["reservedWriteUnits"] = table.Throughput.Units.Write,
        ["partitions"] = table.ShardSplits.Count + 1,
    };

    private static JObject Readable(TableOptions options) => new()
    {
        ["timeToLive"] = options.TimeToLive,
        ["maxVersions"] = options.MaxVersions,
        ["maxVersionOffset"] = options.MaxVersionOffset,
        ["allowUpdate"] = options.AllowUpdate,
        ["updateFullRow"] = options.UpdateFullRow,
        ["changesAreFound"] = SplitNote.MethodOf(options),
    };

    private static JObject Readable(IndexMeta index) => new()
    {
        ["primaryKey"] = new JArray(index.PrimaryKey),
        ["definedColumns"] = new JArray(index.DefinedColumns),
        ["type"] = index.Type?.ToString(),
        ["updateMode"] = index.UpdateMode?.ToString(),
    };
}
