using System.Globalization;
using Newtonsoft.Json.Linq;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;
using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Tests.Connectors.Tablestore;

/// <summary>Replies as lines of text, ours and the official JavaScript client's, to compare them.</summary>
internal static class JavaScriptReplies
{
    /// <summary>What the client decoded.</summary>
    public static IEnumerable<string> Lines(JObject reply)
    {
        foreach (var name in reply["tableNames"] ?? new JArray())
            yield return $"table {name}";
        if (reply["tableMeta"] is JObject meta)
        {
            yield return $"meta {meta["tableName"]}";
            foreach (var key in meta["primaryKey"]!)
                yield return $"key {key["name"]} {Text(key["type"])} {Text(key["option"])}";
            foreach (var column in meta["definedColumn"]!)
                yield return $"column {column["name"]} {Text(column["type"])}";
        }
        if (reply["tableOptions"] is JObject options)
            yield return $"options {Text(options["timeToLive"])} {Text(options["maxVersions"])}";
        foreach (var index in reply["indexMetas"] ?? new JArray())
            yield return $"index {index["name"]} {string.Join(',', index["primaryKey"]!)} {string.Join(',', index["definedColumn"]!)}";
        if (reply["transactionId"] is { } transaction)
            yield return $"transaction {transaction}";
        if (reply["row"] is JObject row)
            yield return RowOf(row);
        foreach (var one in reply["rows"] ?? new JArray())
            yield return RowOf((JObject)one);
        foreach (var one in (reply["tables"] ?? new JArray()).SelectMany(t => t is JArray many ? many.ToArray<JToken>() : [t]))
            yield return $"{one["tableName"]} {one["isOk"]} {one["errorCode"]} {one["errorMessage"]} {RowOf((JObject)one)}";
        if (reply["nextStartPrimaryKey"] is JArray next)
            yield return "next " + KeysOf(next);
        if (reply["consumed"]?["capacityUnit"] is { } units)
            yield return $"units {Text(units["read"])} {Text(units["write"])}";
    }

    /// <summary>What we decoded.</summary>
    public static IEnumerable<string> Lines(Message reply) => reply switch
    {
        ListTableResponse m => m.TableNames.Select(n => $"table {n}"),
        DescribeTableResponse m => LinesOf(m),
        UpdateTableResponse m => [$"options {m.Options!.TimeToLive} {m.Options.MaxVersions}"],
        StartTransactionResponse m => [$"transaction {m.TransactionId}"],
        RowChangeResponse m => [RowOf(m.Row ?? default), UnitsOf(m.Consumed!)],
        GetRowResponse m => [RowOf(m.Row ?? default), UnitsOf(m.Consumed!)],
        GetRangeResponse m => LinesOf(m),
        BatchResponse m => m.Tables.SelectMany(t => t.Rows.Select(
            r => $"{t.TableName} {r.IsOk} {r.Error?.Code} {r.Error?.Text} {RowOf(r.Row ?? default)}")),
        _ => [],
    };

    private static IEnumerable<string> LinesOf(DescribeTableResponse reply)
    {
        yield return $"meta {reply.Meta!.TableName}";
        foreach (var key in reply.Meta.PrimaryKey)
            yield return $"key {key.Name} {(int)key.Type!} {(int?)key.Option}";
        foreach (var column in reply.Meta.DefinedColumns)
            yield return $"column {column.Name} {(int)column.Type!}";
        yield return $"options {reply.Options!.TimeToLive} {reply.Options.MaxVersions}";
        foreach (var index in reply.Indexes)
            yield return $"index {index.Name} {string.Join(',', index.PrimaryKey)} {string.Join(',', index.DefinedColumns)}";
    }

    private static IEnumerable<string> LinesOf(GetRangeResponse reply)
    {
        var reader = new PlainBufferReader(reply.Rows!.Value);
        var row = new PlainRow();
        while (reader.Read(row))
            yield return RowOf(row);
        if (reply.NextStart is { } next)
            yield return "next " + KeysOf(PlainBufferReader.ReadSingle(next)!);
        yield return UnitsOf(reply.Consumed!);
    }

    private static string UnitsOf(ConsumedCapacity consumed) => $"units {consumed.Units!.Read} {consumed.Units.Write}";

    private static string RowOf(JObject row) => row["primaryKey"] is not JArray keys ? "row none" : $"row {KeysOf(keys)}: " + string.Join(
        ' ', (row["attributes"] ?? new JArray()).Select(c => $"{c["columnName"]}={Text(c["columnValue"])}@{Text(c["timestamp"])}"));

    private static string KeysOf(JArray keys) => string.Join(' ', keys.Select(k => $"{k["name"]}={Text(k["value"])}"));

    private static string RowOf(ReadOnlyMemory<byte> row) => PlainBufferReader.ReadSingle(row) is { } one ? RowOf(one) : "row none";

    private static string RowOf(PlainRow row) => $"row {KeysOf(row)}: " + string.Join(
        ' ', row.Cells.Select(c => $"{row.NameTextOf(c)}={Text(row.ValueOf(c))}@{c.Version}"));

    private static string KeysOf(PlainRow row) => string.Join(' ', row.Keys.Select(k => $"{row.NameTextOf(k)}={Text(row.ValueOf(k))}"));

    private static string Text(JToken? token) => token is null or { Type: JTokenType.Null } ? "" : Text(JavaScriptRequests.Value(token));

    // The captures mark doubles and the client's plain numbers alike.
    private static string Text(PlainValue value) => value.Type switch
    {
        PlainType.Integer => value.Bits.ToString(CultureInfo.InvariantCulture),
        PlainType.Double => BitConverter.Int64BitsToDouble(value.Bits).ToString("R", CultureInfo.InvariantCulture),
        PlainType.Boolean => value.Bits != 0 ? "true" : "false",
        PlainType.String => "s" + Convert.ToHexString(value.Bytes.Span),
        _ => "x" + Convert.ToHexString(value.Bytes.Span),
    };
}
