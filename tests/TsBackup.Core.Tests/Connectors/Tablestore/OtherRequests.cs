using TsBackup.Connectors.Tablestore;
using TsBackup.Tablestore.Protocol.FlatBuffers;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;
using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Tests.Connectors.Tablestore;

/// <summary>Builds the requests of the captures that come without parameters: what they hold is written out here.</summary>
internal static class OtherRequests
{
    private static readonly PrimaryKeySchema Key = FakeStore.Key("pk1", PrimaryKeyType.String);

    private static readonly KeyValuePair<string, string>[] Tags = [new("os", "Ubuntu16.04"), new("region", "hz")];

    /// <summary>The request; null for a capture whose parameters are known.</summary>
    public static Message? Build(string name) => name switch
    {
        "python/ts_list_table" => new EmptyMessage(),
        "python/ts_describe_table" or "python/ts_delete_table" => new TableNameRequest { TableName = "ts1" },
        "python/ts_create_table" => CreateSeries(),
        "python/ts_create_table_custom_keys" => CreateSeriesWithKeys(),
        "python/ts_put_data" => Put(
            new TimeseriesRow("cpu", "host_0", Tags, 1700000000000001,
            [
                new("b", PlainValue.Of(true)), new("d", PlainValue.Of(0.25)), new("l", PlainValue.Of(1L)), new("s", PlainValue.Of("str世")),
            ]),
            new TimeseriesRow("mem", "", [], 1700000000000002, [new("bin", PlainValue.Of(new byte[] { 0, 255 }))])),
        "python/ts_put_data_partial_failure" => Put(
            new TimeseriesRow("cpu", "host_0", Tags, 1700000000000001, [new("l", PlainValue.Of(1L))])),
        "python/ts_get_data" => GetSeries(),
        "python/ts_query_meta" => new QueryTimeseriesMetaRequest
        {
            TableName = "ts1",
            // Measurement equal to "cpu".
            Condition = Convert.FromHexString("0802120708011203637075"),
            GetTotalHits = true,
            Limit = 100,
            SupportedTableVersion = 1,
        },
        "crafted/bulk_import" => BulkImport(),
        "crafted/bulk_export_plain_buffer" => BulkExport(),
        "crafted/compute_split_points_by_size" =>
            new ComputeSplitPointsRequest { TableName = "t", SplitSize = 1, SplitSizeUnit = 100 << 20 },
        "crafted/compute_split_points_by_size_small" =>
            new ComputeSplitPointsRequest { TableName = "t", SplitSize = 10, SplitSizeUnit = 1 << 20, Limit = 100 },
        "crafted/describe_table_sse" => new TableNameRequest { TableName = "t" },
        "crafted/error_no_permission_detail" => new GetRangeRequest
        {
            TableName = "t",
            Direction = Direction.Forward,
            InclusiveStart = Array.Empty<byte>(),
            ExclusiveEnd = Array.Empty<byte>(),
        },
        "crafted/ts_split_scan_task" => new SplitTimeseriesScanRequest { TableName = "ts1", SplitCountHint = 4 },
        "crafted/ts_scan_data" => new ScanTimeseriesDataRequest
        {
            TableName = "ts1",
            Split = new byte[] { 1, 2 },
            StartTime = 0,
            EndTime = 1800000000000000,
            Limit = 1000,
            Encoding = TimeseriesEncoding.PlainBuffer,
            SupportedTableVersion = 1,
        },
        _ => null,
    };

    private static CreateTimeseriesTableRequest CreateSeries() => new()
    {
        Meta = new TimeseriesTableMeta
        {
            TableName = "ts1",
            Options = new TimeseriesTableOptions { TimeToLive = 172_800 },
            MetaOptions = new TimeseriesMetaOptions { AllowUpdateAttributes = false },
        },
    };

    private static CreateTimeseriesTableRequest CreateSeriesWithKeys()
    {
        var request = new CreateTimeseriesTableRequest
        {
            Meta = new TimeseriesTableMeta
            {
                TableName = "ts2",
                Options = new TimeseriesTableOptions { TimeToLive = -1 },
                MetaOptions = new TimeseriesMetaOptions { AllowUpdateAttributes = true },
            },
        };
        request.Meta.SeriesKeys.AddRange(["a", "b"]);
        request.Meta.FieldPrimaryKeys.Add(FakeStore.Key("gid", PrimaryKeyType.Integer));
        request.AnalyticalStores.Add(new AnalyticalStore { Name = "as", TimeToLive = 2_592_000, SyncOption = 1 });
        request.LastpointIndexes.Add(new LastpointIndex { IndexTableName = "last1" });
        return request;
    }

    private static PutTimeseriesDataRequest Put(params TimeseriesRow[] rows)
    {
        var writer = new TimeseriesRowsWriter();
        foreach (var row in rows)
            writer.Add(row);
        var data = writer.Finish(out var checksum).ToArray();
        return new PutTimeseriesDataRequest
        {
            TableName = "ts1",
            Rows = new TimeseriesRows { Encoding = TimeseriesEncoding.FlatBuffer, Data = data, Crc32C = checksum },
            MetaUpdateMode = 0,
            SupportedTableVersion = 1,
        };
    }

    private static GetTimeseriesDataRequest GetSeries()
    {
        var key = new TimeseriesKey { Measurement = "cpu", Source = "host_0" };
        key.TagList.AddRange(Tags.Select(t => new TimeseriesTag { Name = t.Key, Value = t.Value }));
        return new GetTimeseriesDataRequest
        {
            TableName = "ts1",
            Key = key,
            BeginTime = 0,
            EndTime = 1800000000000000,
            Limit = 10,
            SupportedTableVersion = 1,
        };
    }

    private static BulkImportRequest BulkImport()
    {
        var request = new BulkImportRequest { TableName = "t" };
        for (var i = 0L; i < 3; i++)
        {
            var writer = new PlainBufferWriter();
            writer.BeginRow();
            writer.Key("pk1", PlainValue.Of($"k{i}"));
            writer.Cell("c", PlainValue.Of(i), 1700000000000 + i);
            writer.EndRow();
            request.Rows.Add(new RowInBulk { Type = OperationType.Put, Row = writer.ToArray() });
        }
        return request;
    }

    private static BulkExportRequest BulkExport()
    {
        var request = new BulkExportRequest
        {
            TableName = "t",
            InclusiveStart = KeyRange.ToBlob([PlainValue.Minimum], [Key]),
            ExclusiveEnd = KeyRange.ToBlob([PlainValue.Maximum], [Key]),
            BlockTypeHint = DataBlockType.PlainBuffer,
        };
        request.Columns.Add("c");
        return request;
    }
}
