using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.TestServers.Tablestore;

/// <summary>Operations on tables and indexes.</summary>
internal sealed class FakeTableOperations(FakeTablestore server, FakeInstance instance)
{
    public Message Create(CreateTableRequest request)
    {
        var name = request.Meta!.TableName!;
        FakeRules.CheckName(name);
        FakeRules.CheckKeys(request.Meta.PrimaryKey);
        if (request.Meta.DefinedColumns.Count > 32)
            throw FakeError.Invalid("The number of defined columns exceeds 32.");
        var options = request.Options ?? new TableOptions();
        options.TimeToLive ??= -1;
        options.MaxVersions ??= 1;
        options.MaxVersionOffset ??= 86_400;
        options.AllowUpdate ??= true;
        FakeRules.CheckOptions(options, request.Indexes.Count > 0, []);
        if (instance.IsTaken(name))
            throw new FakeError(409, ErrorCodes.ObjectAlreadyExist, $"Requested table already exists: {name}.");
        if (instance.Count >= FakeRules.MaxTables)
            throw new FakeError(403, ErrorCodes.QuotaExhausted, "Number of tables exceeds the quota.");
        request.Meta.TableId ??= Guid.NewGuid().ToString("N");
        var table = new FakeTable(request.Meta, options, instance.Now + server.ReadyDelay)
        {
            Throughput = request.Throughput!,
            Encryption = request.Encryption,
            Stream = MakeStream(name, request.Stream),
            CreatedAt = instance.NowMs * 1000,
        };
        foreach (var index in request.Indexes)
            AddIndex(table, index);
        instance.Tables[name] = table;
        return new EmptyMessage();
    }

    public Message List()
    {
        var reply = new ListTableResponse();
        var names = instance.Tables.Values.SelectMany(t => t.Indexes.Select(i => i.Name!).Prepend(t.Meta.TableName!));
        reply.TableNames.AddRange(names.Order(StringComparer.Ordinal));
        return reply;
    }

    public Message Describe(TableNameRequest request)
    {
        var table = instance.Tables.GetValueOrDefault(request.TableName!)
            ?? instance.Tables.Values.FirstOrDefault(t => t.Index(request.TableName!) is not null)
            ?? throw FakeError.NoTable(request.TableName!);
        var reply = new DescribeTableResponse
        {
            Meta = table.Meta,
            Throughput = Details(table),
            Options = table.Options,
            Status = TableStatus.Active,
            Stream = table.Stream,
            Encryption = table.Encryption,
            CreationTime = table.CreatedAt,
        };
        if (table.Index(request.TableName!) is { } index)
        {
            reply.Meta = new TableMeta { TableName = index.Name };
            reply.Meta.PrimaryKey.AddRange(index.PrimaryKey.Select(k => new PrimaryKeySchema { Name = k, Type = KeyType(table, k) }));
            return reply;
        }
        reply.Indexes.AddRange(table.Indexes);
        return reply;
    }

    public Message Update(UpdateTableRequest request)
    {
        var table = instance.Table(request.TableName);
        var now = instance.Now;
        if (now - table.LastUpdate < server.UpdateInterval)
            throw new FakeError(403, ErrorCodes.TooFrequentAdjustment, "Reserved throughput adjustment is too frequent.");
        if (request.Options is { } changed)
        {
            var merged = new TableOptions
            {
                TimeToLive = changed.TimeToLive ?? table.Options.TimeToLive,
                MaxVersions = changed.MaxVersions ?? table.Options.MaxVersions,
                MaxVersionOffset = changed.MaxVersionOffset ?? table.Options.MaxVersionOffset,
                AllowUpdate = changed.AllowUpdate ?? table.Options.AllowUpdate,
                UpdateFullRow = changed.UpdateFullRow ?? table.Options.UpdateFullRow,
            };
            FakeRules.CheckOptions(merged, table.Indexes.Count > 0, table.SearchIndexes.Values);
            table.Options = merged;
        }
        if (request.Stream is { } stream)
            table.Stream = MakeStream(request.TableName!, stream);
        table.LastUpdate = now;
        return new UpdateTableResponse { Throughput = Details(table), Options = table.Options, Stream = table.Stream };
    }

    public Message Delete(TableNameRequest request)
    {
        var table = instance.Table(request.TableName);
        if (table.Indexes.Count + table.SearchIndexes.Count > 0)
            throw FakeError.Invalid("Delete the indexes of the table first.");
        instance.Tables.TryRemove(request.TableName!, out _);
        return new EmptyMessage();
    }

    public Message CreateIndex(CreateIndexRequest request)
    {
        var table = instance.Table(request.TableName);
        FakeRules.CheckOptions(table.Options, true, table.SearchIndexes.Values);
        AddIndex(table, request.Index!);
        return new EmptyMessage();
    }

    public Message DropIndex(TableIndexRequest request)
    {
        var table = instance.Table(request.TableName);
        if (table.Indexes.RemoveAll(i => i.Name == request.IndexName) == 0)
            throw FakeError.NoTable(request.IndexName!);
        return new EmptyMessage();
    }

    public Message ListSearchIndexes(TableNameRequest request)
    {
        var reply = new ListSearchIndexResponse();
        foreach (var name in instance.Table(request.TableName).SearchIndexes.Keys)
            reply.Indexes.Add(new SearchIndexName { TableName = request.TableName, IndexName = name });
        return reply;
    }

    public Message DescribeSearchIndex(TableIndexRequest request)
    {
        if (!instance.Table(request.TableName).SearchIndexes.TryGetValue(request.IndexName!, out var index))
            throw FakeError.NoTable(request.IndexName!);
        return new DescribeSearchIndexResponse
        {
            Schema = index.Schema,
            BrotherIndexName = index.SourceIndexName,
            TimeToLive = index.TimeToLive,
        };
    }

    public Message CreateSearchIndex(CreateSearchIndexRequest request)
    {
        var table = instance.Table(request.TableName);
        FakeRules.CheckOptions(table.Options, table.Indexes.Count > 0, [.. table.SearchIndexes.Values, request]);
        if (!table.SearchIndexes.TryAdd(request.IndexName!, request))
            throw new FakeError(409, ErrorCodes.ObjectAlreadyExist, $"Requested search index already exists: {request.IndexName}.");
        request.Schema = request.Schema?.ToArray();
        return new EmptyMessage();
    }

    private void AddIndex(FakeTable table, IndexMeta index)
    {
        FakeRules.CheckName(index.Name!);
        if (instance.IsTaken(index.Name!))
            throw new FakeError(409, ErrorCodes.ObjectAlreadyExist, $"Requested table already exists: {index.Name}.");
        foreach (var column in index.PrimaryKey.Concat(index.DefinedColumns))
        {
            if (table.Meta.PrimaryKey.All(k => k.Name != column) && table.Meta.DefinedColumns.All(c => c.Name != column))
                throw FakeError.Invalid($"Index column {column} is neither a key nor a defined column.");
        }
        index.SyncPhase = IndexSyncPhase.Incremental;
        table.Indexes.Add(index);
    }

    private StreamDetails? MakeStream(string table, StreamSpecification? stream)
    {
        if (stream is null)
            return null;
        var details = new StreamDetails
        {
            Enable = stream.Enable,
            StreamId = stream.Enable == true ? $"{table}_{instance.NowMs * 1000}" : null,
            ExpirationHours = stream.ExpirationHours,
            LastEnableTime = instance.NowMs * 1000,
        };
        details.Columns.AddRange(stream.Columns);
        return details;
    }

    private ReservedThroughputDetails Details(FakeTable table) =>
        new() { Units = table.Throughput.Units, LastIncreaseTime = instance.NowMs / 1000 };

    private static PrimaryKeyType KeyType(FakeTable table, string column) =>
        table.Meta.PrimaryKey.FirstOrDefault(k => k.Name == column)?.Type
        ?? table.Meta.DefinedColumns.First(c => c.Name == column).Type switch
        {
            DefinedColumnType.Integer => PrimaryKeyType.Integer,
            DefinedColumnType.Blob => PrimaryKeyType.Binary,
            _ => PrimaryKeyType.String,
        };
}
