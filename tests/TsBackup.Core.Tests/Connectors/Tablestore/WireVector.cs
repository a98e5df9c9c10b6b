using System.Runtime.CompilerServices;
using Newtonsoft.Json.Linq;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Tests.Connectors.Tablestore;

/// <summary>A captured exchange of an official client (Golden/tablestore).</summary>
internal sealed class WireVector
{
    private delegate Message Reading(ReadOnlyMemory<byte> bytes);

    private static readonly Dictionary<string, (Reading Request, Reading Reply)> Kinds = new()
    {
        ["CreateTable"] = (Message.Parse<CreateTableRequest>, Message.Parse<EmptyMessage>),
        ["ListTable"] = (Message.Parse<EmptyMessage>, Message.Parse<ListTableResponse>),
        ["DescribeTable"] = (Message.Parse<TableNameRequest>, Message.Parse<DescribeTableResponse>),
        ["UpdateTable"] = (Message.Parse<UpdateTableRequest>, Message.Parse<UpdateTableResponse>),
        ["DeleteTable"] = (Message.Parse<TableNameRequest>, Message.Parse<EmptyMessage>),
        ["CreateIndex"] = (Message.Parse<CreateIndexRequest>, Message.Parse<EmptyMessage>),
        ["DropIndex"] = (Message.Parse<TableIndexRequest>, Message.Parse<EmptyMessage>),
        ["GetRow"] = (Message.Parse<GetRowRequest>, Message.Parse<GetRowResponse>),
        ["PutRow"] = (Message.Parse<RowChangeRequest>, Message.Parse<RowChangeResponse>),
        ["UpdateRow"] = (Message.Parse<RowChangeRequest>, Message.Parse<RowChangeResponse>),
        ["DeleteRow"] = (Message.Parse<RowChangeRequest>, Message.Parse<RowChangeResponse>),
        ["GetRange"] = (Message.Parse<GetRangeRequest>, Message.Parse<GetRangeResponse>),
        ["BatchGetRow"] = (Message.Parse<BatchGetRowRequest>, Message.Parse<BatchResponse>),
        ["BatchWriteRow"] = (Message.Parse<BatchWriteRowRequest>, Message.Parse<BatchResponse>),
        ["BulkImport"] = (Message.Parse<BulkImportRequest>, Message.Parse<TableInBatchResponse>),
        ["BulkExport"] = (Message.Parse<BulkExportRequest>, Message.Parse<BulkExportResponse>),
        ["ComputeSplitPointsBySize"] = (Message.Parse<ComputeSplitPointsRequest>, Message.Parse<ComputeSplitPointsResponse>),
        ["ListSearchIndex"] = (Message.Parse<TableNameRequest>, Message.Parse<ListSearchIndexResponse>),
        ["DescribeSearchIndex"] = (Message.Parse<TableIndexRequest>, Message.Parse<DescribeSearchIndexResponse>),
        ["ComputeSplits"] = (Message.Parse<ComputeSplitsRequest>, Message.Parse<ComputeSplitsResponse>),
        ["SQLQuery"] = (Message.Parse<SqlQueryRequest>, Message.Parse<SqlQueryResponse>),
        ["StartLocalTransaction"] = (Message.Parse<StartTransactionRequest>, Message.Parse<StartTransactionResponse>),
        ["CreateTimeseriesTable"] = (Message.Parse<CreateTimeseriesTableRequest>, Message.Parse<EmptyMessage>),
        ["ListTimeseriesTable"] = (Message.Parse<EmptyMessage>, Message.Parse<ListTimeseriesTableResponse>),
        ["DescribeTimeseriesTable"] = (Message.Parse<TableNameRequest>, Message.Parse<DescribeTimeseriesTableResponse>),
        ["DeleteTimeseriesTable"] = (Message.Parse<TableNameRequest>, Message.Parse<EmptyMessage>),
        ["PutTimeseriesData"] = (Message.Parse<PutTimeseriesDataRequest>, Message.Parse<PutTimeseriesDataResponse>),
        ["GetTimeseriesData"] = (Message.Parse<GetTimeseriesDataRequest>, Message.Parse<GetTimeseriesDataResponse>),
        ["QueryTimeseriesMeta"] = (Message.Parse<QueryTimeseriesMetaRequest>, Message.Parse<QueryTimeseriesMetaResponse>),
        ["SplitTimeseriesScanTask"] = (Message.Parse<SplitTimeseriesScanRequest>, Message.Parse<SplitTimeseriesScanResponse>),
        ["ScanTimeseriesData"] = (Message.Parse<ScanTimeseriesDataRequest>, Message.Parse<ScanTimeseriesDataResponse>),
    };

    private readonly JObject _json;

    private WireVector(string name, JObject json)
    {
        Name = name;
        _json = json;
    }

    /// <summary>Client and file name, such as <c>js/put_row</c>.</summary>
    public string Name { get; }

    public string Operation => ((string)Request["path"]!)[1..];

    public JObject Request => (JObject)_json["request"]!;

    public JObject Response => (JObject)_json["response"]!;

    /// <summary>Name of the client's method; only where the parameters are known.</summary>
    public string Call => (string)_json["operation"]!;

    public JObject Parameters => (JObject)_json["params"]!;

    /// <summary>What the client made of the reply; null when it could make nothing of it.</summary>
    public JObject? Decoded => _json["clientDecoded"] as JObject;

    public JToken? ClientError => _json["clientError"];

    /// <summary>True where the reply is made up only to let the client end.</summary>
    public bool HasDummyReply => Name is "js/describe_search_index";

    public bool IsError => Response["status"] is { } status && (int)status >= 300;

    public byte[] RequestBody => Convert.FromHexString((string)Request["bodyHex"]!);

    public byte[] ReplyBody => Convert.FromHexString((string)Response["bodyHex"]!);

    public SortedDictionary<string, string> RequestHeaders => Headers(Request);

    public SortedDictionary<string, string> ReplyHeaders => Headers(Response);

    public static IEnumerable<WireVector> All()
    {
        foreach (var file in Directory.EnumerateFiles(Folder(), "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            yield return Load(file);
    }

    public static WireVector Get(string name) => Load(Path.Combine(Folder(), name + ".json"));

    public Message ParseRequest() => Kinds[Operation].Request(RequestBody);

    public Message ParseReply() =>
        IsError || Name == "crafted/error_no_permission_detail"
            ? Message.Parse<ErrorMessage>(ReplyBody) : Kinds[Operation].Reply(ReplyBody);

    private static WireVector Load(string file)
    {
        var name = Path.GetFileName(Path.GetDirectoryName(file)) + "/" + Path.GetFileNameWithoutExtension(file);
        using var reader = new Newtonsoft.Json.JsonTextReader(new StringReader(File.ReadAllText(file)))
        {
            DateParseHandling = Newtonsoft.Json.DateParseHandling.None,
        };
        return new WireVector(name, JObject.Load(reader));
    }

    private static string Folder([CallerFilePath] string source = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(source)!, "../../Golden/tablestore"));

    private static SortedDictionary<string, string> Headers(JObject half)
    {
        var headers = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in half["headers"]?.Children<JProperty>() ?? [])
            headers[property.Name.ToLowerInvariant()] = (string)property.Value!;
        return headers;
    }
}
