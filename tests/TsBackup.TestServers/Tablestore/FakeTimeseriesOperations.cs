using System.Buffers.Binary;
using System.Text;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.FlatBuffers;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;
using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.TestServers.Tablestore;

/// <summary>Operations on time-series tables.</summary>
internal sealed class FakeTimeseriesOperations(FakeTablestore server, FakeInstance instance)
{
    public Message Create(CreateTimeseriesTableRequest request)
    {
        var name = request.Meta!.TableName!;
        FakeRules.CheckName(name);
        if (name.Length > 128 || request.AnalyticalStores.Count > 1 || request.Meta.SeriesKeys.Count > 6)
            throw FakeError.Invalid("The definition exceeds a limit.");
        if (request.AnalyticalStores.Any(s => s.TimeToLive is { } ttl && ttl != -1 && ttl < 2_592_000))
            throw FakeError.Invalid("TimeToLive of an analytical store must be -1 or at least 2592000.");
        if (instance.IsTaken(name))
            throw new FakeError(409, ErrorCodes.ObjectAlreadyExist, $"Requested table already exists: {name}.");
        request.Meta.Status = "CREATED";
        instance.Timeseries[name] = new FakeTimeseriesTable(request);
        return new EmptyMessage();
    }

    public Message List()
    {
        var reply = new ListTimeseriesTableResponse();
        reply.Tables.AddRange(instance.Timeseries.Values.Select(t => t.Meta).OrderBy(m => m.TableName, StringComparer.Ordinal));
        return reply;
    }

    public Message Describe(TableNameRequest request)
    {
        var table = instance.Series(request.TableName);
        var reply = new DescribeTimeseriesTableResponse { Meta = table.Meta };
        reply.AnalyticalStores.AddRange(table.AnalyticalStores);
        reply.LastpointIndexes.AddRange(table.LastpointIndexes);
        return reply;
    }

    public Message Update(UpdateTimeseriesTableRequest request)
    {
        var meta = instance.Series(request.TableName).Meta;
        meta.Options = request.Options ?? meta.Options;
        meta.MetaOptions = request.MetaOptions ?? meta.MetaOptions;
        return new EmptyMessage();
    }

    public Message Delete(TableNameRequest request)
    {
        instance.Series(request.TableName);
        instance.Timeseries.TryRemove(request.TableName!, out _);
        return new EmptyMessage();
    }

    public Message Put(PutTimeseriesDataRequest request)
    {
        var table = instance.Series(request.TableName);
        var data = request.Rows!.Data!.Value;
        if (request.Rows.Encoding != TimeseriesEncoding.FlatBuffer || data.Length > FakeRules.MaxWrite)
            throw FakeError.Invalid("Rows must come as a FlatBuffer of at most 4 MB.");
        if (request.Rows.Crc32C is { } crc && crc != TimeseriesRowsWriter.Checksum(data.Span))
            throw FakeError.Invalid("The checksum of the rows does not match.");
        var rows = TimeseriesRowsReader.Read(data);
        if (rows.Count is 0 or > FakeRules.MaxBatchRows)
            throw FakeError.Invalid("Rows count exceeds the upper limit: 200.");
        var reply = new PutTimeseriesDataResponse();
        lock (table.Gate)
        {
            for (var i = 0; i < rows.Count; i++)
            {
                if (Reason(rows[i]) is { } reason)
                    reply.FailedRows.Add(new FailedTimeseriesRow { RowIndex = i, Code = ErrorCodes.ParameterInvalid, Text = reason });
                else
                    Put(table, rows[i]);
            }
        }
        return reply;
    }

    public Message Get(GetTimeseriesDataRequest request)
    {
        var table = instance.Series(request.TableName);
        var key = KeyOf(request.Key!);
        var writer = new PlainBufferWriter();
        lock (table.Gate)
        {
            foreach (var (time, fields) in table.Points.GetValueOrDefault(key) ?? [])
            {
                if (time >= (request.BeginTime ?? 0) && time < (request.EndTime ?? long.MaxValue))
                    Write(writer, key, time, fields);
            }
        }
        return new GetTimeseriesDataResponse { Rows = writer.ToArray() };
    }

    public Message Split(SplitTimeseriesScanRequest request)
    {
        instance.Series(request.TableName);
        var reply = new SplitTimeseriesScanResponse();
        for (var i = 0; i < request.SplitCountHint; i++)
            reply.Splits.Add(new[] { (byte)i, (byte)request.SplitCountHint! });
        return reply;
    }

    public Message Scan(ScanTimeseriesDataRequest request)
    {
        var table = instance.Series(request.TableName);
        var split = request.Split is { Length: 2 } s ? (Part: s.Span[0], Of: s.Span[1]) : (Part: (byte)0, Of: (byte)1);
        var skip = request.Token is { Length: 4 } token ? BinaryPrimitives.ReadInt32LittleEndian(token.Span) : 0;
        var limit = Math.Min(request.Limit is > 0 ? request.Limit.Value : int.MaxValue, server.PageRows);
        var writer = new PlainBufferWriter();
        var reply = new ScanTimeseriesDataResponse { Encoding = TimeseriesEncoding.PlainBuffer };
        var position = 0;
        var count = 0;
        lock (table.Gate)
        {
            var first = table.Meta.Options?.TimeToLive is > 0 and var ttl ? (instance.NowMs * 1000) - (ttl * 1_000_000) : long.MinValue;
            var part = table.Points.Where(p => Hash(p.Key) % split.Of == split.Part);
            foreach (var (key, points) in part.OrderBy(p => Hash(p.Key)).ThenBy(p => p.Key.ToString(), StringComparer.Ordinal))
            {
                foreach (var (time, fields) in points)
                {
                    if (time < first || time < (request.StartTime ?? 0) || time >= (request.EndTime ?? long.MaxValue) || position++ < skip)
                        continue;
                    if (count++ == limit)
                    {
                        reply.NextToken = BitConverter.GetBytes(position - 1);
                        reply.Data = writer.ToArray();
                        return reply;
                    }
                    Write(writer, key, time, fields);
                }
            }
        }
        reply.Data = writer.ToArray();
        return reply;
    }

    public Message QueryMeta(QueryTimeseriesMetaRequest request)
    {
        var table = instance.Series(request.TableName);
        var skip = request.Token is { Length: 4 } token ? BinaryPrimitives.ReadInt32LittleEndian(token.Span) : 0;
        var limit = Math.Min(request.Limit ?? 100, server.PageRows);
        var reply = new QueryTimeseriesMetaResponse();
        lock (table.Gate)
        {
            var all = table.Metas.OrderBy(m => m.Key.ToString(), StringComparer.Ordinal).ToList();
            foreach (var (key, meta) in all.Skip(skip).Take(limit))
            {
                reply.Metas.Add(new TimeseriesMeta
                {
                    Key = new TimeseriesKey { Measurement = key.Measurement, Source = key.Source, Tags = key.Tags },
                    Attributes = meta.Attributes,
                    UpdateTime = meta.UpdateTime,
                });
            }
            if (request.GetTotalHits == true)
                reply.TotalHits = all.Count;
            if (skip + limit < all.Count)
                reply.NextToken = BitConverter.GetBytes(skip + limit);
        }
        return reply;
    }

    public Message UpdateMeta(UpdateTimeseriesMetaRequest request)
    {
        var table = instance.Series(request.TableName);
        if (table.Meta.MetaOptions?.AllowUpdateAttributes == false)
            throw FakeError.Invalid("Updating attributes is not allowed on this table.");
        lock (table.Gate)
        {
            foreach (var meta in request.Metas)
                table.Metas[KeyOf(meta.Key!)] = (meta.Attributes ?? "", instance.NowMs * 1000);
        }
        return new UpdateTimeseriesMetaResponse();
    }

    private void Put(FakeTimeseriesTable table, TimeseriesRow row)
    {
        var key = new FakeSeriesKey(row.Measurement, row.Source, TagText(row.Tags));
        if (!table.Points.TryGetValue(key, out var points))
            table.Points.Add(key, points = []);
        if (!points.TryGetValue(row.Time, out var fields))
            points.Add(row.Time, fields = new SortedDictionary<string, PlainValue>(StringComparer.Ordinal));
        foreach (var (name, value) in row.Fields)
            fields[name] = value with { Bytes = value.Bytes.ToArray() };
        table.Metas.TryAdd(key, ("", instance.NowMs * 1000));
    }

    private static string? Reason(TimeseriesRow row)
    {
        if (row.Measurement.Length is 0 or > 128 || row.Measurement.Contains('#') || row.Measurement.Contains(' '))
            return "Invalid measurement name.";
        if (row.Source.Length > 256 || Encoding.UTF8.GetByteCount(TagText(row.Tags)) > 512)
            return "Source or tags are too long.";
        if (row.Tags.Any(t => (t.Key + t.Value).Contains('"') || t.Key.Contains('=')))
            return "A tag holds a character that is not allowed.";
        if (row.Time < 0 || row.Fields.Count is 0 or > 1024)
            return "The time is negative or the number of fields is out of range.";
        return row.Fields.Any(f => f.Key.Length is 0 or > 128 || f.Key != f.Key.ToLowerInvariant()) ? "Invalid field name." : null;
    }

    private static FakeSeriesKey KeyOf(TimeseriesKey key) => new(
        key.Measurement ?? "",
        key.Source ?? "",
        key.TagList.Count > 0
            ? TagText([.. key.TagList.Select(t => new KeyValuePair<string, string>(t.Name!, t.Value!))])
            : string.IsNullOrEmpty(key.Tags) ? "[]" : key.Tags);

    private static string TagText(IReadOnlyList<KeyValuePair<string, string>> tags) =>
        "[" + string.Join(',', tags.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => $"\"{t.Key}={t.Value}\"")) + "]";

    private static int Hash(FakeSeriesKey key) => TimeseriesRowsWriter.Checksum(Encoding.UTF8.GetBytes(key.ToString())) & 0xFFFFFF;

    private static void Write(
        PlainBufferWriter writer, FakeSeriesKey key, long time, SortedDictionary<string, PlainValue> fields)
    {
        writer.BeginRow();
        writer.Key("_#h", PlainValue.Of(Hash(key).ToString("x8", System.Globalization.CultureInfo.InvariantCulture)));
        writer.Key("_m_name", PlainValue.Of(key.Measurement));
        writer.Key("_data_source", PlainValue.Of(key.Source));
        writer.Key("_tags", PlainValue.Of(key.Tags));
        writer.Key("_time", PlainValue.Of(time));
        foreach (var (name, value) in fields)
        {
            var letter = value.Type switch
            {
                PlainType.Integer => 'i',
                PlainType.Boolean => 'b',
                PlainType.Double => 'd',
                PlainType.String => 's',
                _ => 'B',
            };
            writer.Cell($"{name}:{(letter == 'B' ? "bin" : letter)}", value);
        }
        writer.EndRow();
    }
}
