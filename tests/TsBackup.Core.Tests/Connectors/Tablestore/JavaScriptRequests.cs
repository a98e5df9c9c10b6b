using System.Globalization;
using Newtonsoft.Json.Linq;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;
using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Tests.Connectors.Tablestore;

/// <summary>Builds with our own messages what the official JavaScript client builds from the parameters of a captured call.</summary>
internal static class JavaScriptRequests
{
    public static Message Build(string operation, JObject given) => operation switch
    {
        "listTable" => new EmptyMessage(),
        "describeTable" or "deleteTable" or "listSearchIndex" => new TableNameRequest { TableName = Text(given, "tableName") },
        "describeSearchIndex" => new TableIndexRequest { TableName = Text(given, "tableName"), IndexName = Text(given, "indexName") },
        "dropIndex" => new TableIndexRequest { TableName = Text(given, "mainTableName"), IndexName = Text(given, "indexName") },
        "createIndex" => CreateIndex(given),
        "createTable" => CreateTable(given),
        "updateTable" =>
            new UpdateTableRequest { TableName = Text(given, "tableName"), Options = Options(given), Throughput = Throughput(given) },
        "getRow" => GetRow(given),
        "getRange" => GetRange(given),
        "batchGetRow" => BatchGetRow(given),
        "putRow" or "updateRow" or "deleteRow" => Change(operation, given),
        "batchWriteRow" => BatchWriteRow(given),
        "computeSplits" => new ComputeSplitsRequest
        {
            TableName = Text(given, "tableName"),
            Index = new SearchIndexSplits { IndexName = Text((JObject)given["searchIndexSplitsOptions"]!, "indexName") },
        },
        "sqlQuery" => new SqlQueryRequest { Query = Text(given, "query"), Version = 2 },
        "startLocalTransaction" =>
            new StartTransactionRequest { TableName = Text(given, "tableName"), Key = Row(given, "primaryKey").ToArray() },
        _ => throw new InvalidOperationException($"No captured call is named {operation}."),
    };

    /// <summary>A value as the captures mark it: int64, double, bytes, special keys, else text and truth values.</summary>
    public static PlainValue Value(JToken? token) => token switch
    {
        JObject o when o["$int64"] is { } n => PlainValue.Of(long.Parse((string)n!, CultureInfo.InvariantCulture)),
        JObject o when o["$double"] is { } d => PlainValue.Of(double.Parse((string)d!, CultureInfo.InvariantCulture)),
        JObject o when o["$hex"] is { } h => PlainValue.Of(Convert.FromHexString((string)h!)),
        JObject o =>
            (string)o["$pk"]! switch { "INF_MIN" => PlainValue.Minimum, "INF_MAX" => PlainValue.Maximum, _ => PlainValue.AutoIncrement },
        { Type: JTokenType.Boolean } => PlainValue.Of((bool)token),
        _ => PlainValue.Of((string)token!),
    };

    private static string? Text(JObject given, string name) => (string?)given[name];

    private static int? Number(JToken? token) => token is JObject ? (int)Long(token)! : null;

    private static long? Long(JToken? token) => token is not JObject ? null : Value(token) is { Type: PlainType.Double } d
        ? (long)BitConverter.Int64BitsToDouble(d.Bits)
        : Value(token).Bits;

    private static CreateTableRequest CreateTable(JObject given)
    {
        var meta = (JObject)given["tableMeta"]!;
        var request = new CreateTableRequest
        {
            Meta = new TableMeta { TableName = Text(meta, "tableName") },
            Throughput = Throughput(given),
            Options = Options(given),
        };
        foreach (var key in meta["primaryKey"]!)
        {
            request.Meta.PrimaryKey.Add(new PrimaryKeySchema
            {
                Name = (string)key["name"]!,
                Type = Enum.Parse<PrimaryKeyType>((string)key["type"]!, ignoreCase: true),
                Option = key["option"] is null ? null : PrimaryKeyOption.AutoIncrement,
            });
        }
        foreach (var column in meta["definedColumn"] ?? new JArray())
            request.Meta.DefinedColumns.Add(
                new DefinedColumnSchema { Name = (string)column["name"]!, Type = (DefinedColumnType)Number(column["type"])! });
        if (given["streamSpecification"] is { } stream)
        {
            request.Stream = new StreamSpecification
            {
                Enable = (bool)stream["enableStream"]!,
                ExpirationHours = Number(stream["expirationTime"]),
            };
        }
        foreach (var index in given["indexMetas"] ?? new JArray())
            request.Indexes.Add(Index((JObject)index));
        return request;
    }

    private static CreateIndexRequest CreateIndex(JObject given) => new()
    {
        TableName = Text(given, "mainTableName"),
        Index = Index((JObject)given["indexMeta"]!),
        IncludeBaseData = (bool?)given["includeBaseData"],
    };

    private static IndexMeta Index(JObject given)
    {
        // Asynchronous and global unless said otherwise.
        var index = new IndexMeta
        {
            Name = Text(given, "name"),
            UpdateMode = (IndexUpdateMode)(Number(given["indexUpdateMode"]) ?? 0),
            Type = (IndexType)(Number(given["indexType"]) ?? 0),
        };
        index.PrimaryKey.AddRange(given["primaryKey"]!.Select(k => (string)k!));
        index.DefinedColumns.AddRange(given["definedColumn"]!.Select(k => (string)k!));
        return index;
    }

    private static TableOptions? Options(JObject given) => given["tableOptions"] is not { } options ? null : new TableOptions
    {
        TimeToLive = Number(options["timeToLive"]),
        MaxVersions = Number(options["maxVersions"]),
        MaxVersionOffset = Long(options["maxTimeDeviation"]),
        AllowUpdate = (bool?)options["allowUpdate"],
    };

    private static ReservedThroughput? Throughput(JObject given) =>
        given["reservedThroughput"]?["capacityUnit"] is not { } units ? null : new()
    {
        Units = new CapacityUnit { Read = Number(units["read"]), Write = Number(units["write"]) },
    };

    private static GetRowRequest GetRow(JObject given)
    {
        var request = new GetRowRequest
        {
            TableName = Text(given, "tableName"),
            PrimaryKey = Row(given, "primaryKey").ToArray(),
            TimeRange = Range(given),
            MaxVersions = Number(given["maxVersions"]) ?? 1,
        };
        request.Columns.AddRange((given["columnsToGet"] ?? new JArray()).Select(c => (string)c!));
        return request;
    }

    private static GetRangeRequest GetRange(JObject given)
    {
        var request = new GetRangeRequest
        {
            TableName = Text(given, "tableName"),
            Direction = Text(given, "direction") == "BACKWARD" ? Direction.Backward : Direction.Forward,
            InclusiveStart = Row(given, "inclusiveStartPrimaryKey").ToArray(),
            ExclusiveEnd = Row(given, "exclusiveEndPrimaryKey").ToArray(),
            TimeRange = Range(given),
            MaxVersions = Number(given["maxVersions"]) ?? 1,
            Limit = Number(given["limit"]),
            StartColumn = Text(given, "startColumn"),
            EndColumn = Text(given, "endColumn"),
            Filter = given["columnFilter"] is JObject filter ? Filter(filter).Serialize() : default(ReadOnlyMemory<byte>?),
        };
        request.Columns.AddRange((given["columnsToGet"] ?? new JArray()).Select(c => (string)c!));
        return request;
    }

    private static BatchGetRowRequest BatchGetRow(JObject given)
    {
        var request = new BatchGetRowRequest();
        foreach (var table in given["tables"]!)
        {
            var part = new TableInBatchGet { TableName = (string)table["tableName"]!, MaxVersions = Number(table["maxVersions"]) };
            foreach (var key in table["primaryKey"]!)
                part.PrimaryKeys.Add(Row((JArray)key).ToArray());
            request.Tables.Add(part);
        }
        return request;
    }

    private static BatchWriteRowRequest BatchWriteRow(JObject given)
    {
        var request = new BatchWriteRowRequest();
        foreach (var table in given["tables"]!)
        {
            var part = new TableInBatchWrite { TableName = (string)table["tableName"]! };
            foreach (JObject row in table["rows"]!.Cast<JObject>())
            {
                var type = Enum.Parse<OperationType>((string)row["type"]!, ignoreCase: true);
                part.Rows.Add(
                    new RowInBatch { Type = type, Row = ChangeOf(type, row), Condition = ConditionOf(row), Return = ReturnOf(row) });
            }
            request.Tables.Add(part);
        }
        return request;
    }

    private static RowChangeRequest Change(string operation, JObject given) => new()
    {
        TableName = Text(given, "tableName"),
        Row = ChangeOf(Enum.Parse<OperationType>(operation[..^3], ignoreCase: true), given),
        Condition = ConditionOf(given),
        Return = ReturnOf(given),
    };

    private static ReturnContent? ReturnOf(JObject given) =>
        given["returnContent"] is { } wanted ? new ReturnContent { Type = (ReturnType)Number(wanted["returnType"])! } : null;

    private static Condition ConditionOf(JObject given) => new()
    {
        RowExistence = (RowExistence)Number(given["condition"]!["rowExistenceExpectation"])!,
        ColumnCondition = given["condition"]!["columnCondition"] is JObject filter
            ? Filter(filter).Serialize() : default(ReadOnlyMemory<byte>?),
    };

    private static Filter Filter(JObject given)
    {
        if (given["sub_conditions"] is { } parts)
        {
            var composite = new CompositeFilter { Combinator = Number(given["combinator"]) };
            composite.Filters.AddRange(parts.Select(p => Filter((JObject)p)));
            return new Filter { Type = FilterType.Composite, Content = composite.Serialize() };
        }
        var single = new SingleColumnFilter
        {
            Comparator = Number(given["comparator"]),
            Column = Text(given, "columnName"),
            Value = Variant(Value(given["columnValue"])),
            FilterIfMissing = !(bool)given["passIfMissing"]!,
            LatestVersionOnly = (bool)given["latestVersionOnly"]!,
        };
        return new Filter { Type = FilterType.Single, Content = single.Serialize() };
    }

    /// <summary>A value on its own: its type and its bytes.</summary>
    private static byte[] Variant(PlainValue value)
    {
        byte[] payload = value.Type is PlainType.String or PlainType.Blob
            ? [.. BitConverter.GetBytes(value.Bytes.Length), .. value.Bytes.Span]
            : BitConverter.GetBytes(value.Bits);
        return [(byte)value.Type, .. payload];
    }

    private static VersionRange? Range(JObject given) => given["timeRange"] is not { } range ? null : new VersionRange
    {
        Start = Long(range["startTime"]),
        End = Long(range["endTime"]),
        Specific = Long(range["specificTime"]),
    };

    private static byte[] ChangeOf(OperationType type, JObject given)
    {
        var writer = Begin((JArray)given["primaryKey"]!);
        foreach (var column in type == OperationType.Put ? given["attributeColumns"]! : new JArray())
            Put(writer, (JObject)column);
        foreach (var change in type == OperationType.Update
            ? given["updateOfAttributeColumns"] ?? given["attributeColumns"]! : new JArray())
            Update(writer, (JProperty)change.First!);
        writer.EndRow(type == OperationType.Delete);
        return writer.ToArray();
    }

    private static void Put(PlainBufferWriter writer, JObject column)
    {
        var cell = column.Properties().Single(p => p.Name != "timestamp");
        writer.Cell(cell.Name, Value(cell.Value), Long(column["timestamp"]) ?? PlainCell.NoVersion);
    }

    private static void Update(PlainBufferWriter writer, JProperty change)
    {
        foreach (var item in change.Value)
        {
            var cell = (item as JObject)?.Properties().First();
            switch (change.Name)
            {
                case "PUT":
                    Put(writer, (JObject)item);
                    break;
                case "DELETE":
                    writer.Cell(cell!.Name, PlainValue.None, Long(cell.Value)!.Value, CellOperation.DeleteOneVersion);
                    break;
                case "DELETE_ALL":
                    writer.Cell((string)item!, PlainValue.None, PlainCell.NoVersion, CellOperation.DeleteAllVersions);
                    break;
                default:
                    writer.Cell(cell!.Name, Value(cell.Value), PlainCell.NoVersion, CellOperation.Increment);
                    break;
            }
        }
    }

    private static byte[] Row(JObject given, string name) => Row((JArray)given[name]!);

    private static byte[] Row(JArray keys)
    {
        var writer = Begin(keys);
        writer.EndRow();
        return writer.ToArray();
    }

    private static PlainBufferWriter Begin(JArray keys)
    {
        var writer = new PlainBufferWriter();
        writer.BeginRow();
        foreach (var key in keys.Cast<JObject>().Select(k => k.Properties().Single()))
            writer.Key(key.Name, Value(key.Value));
        return writer;
    }
}
