using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.FlatBuffers;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.Connectors.Tablestore;

/// <summary>Writes points of a time-series table by PutTimeseriesData (200 rows, 4 MB) and the attributes of its series.</summary>
internal sealed class PointSender(TablestoreClient client, string table, WriteLedger ledger, ConnectorOptions options)
{
    private const int MaxRows = 200;
    private const long MaxBytes = 3 << 20;
    private const long TableVersion = 1;

    /// <summary>Writes a batch.</summary>
    /// <exception cref="TsBackupException">CapabilityMissing when the batch does not come from such a table.</exception>
    public Task WriteAsync(Slice slice, Batch batch, CancellationToken cancellation) =>
        slice.Partition == TableColumns.AttributesPartition
            ? WriteAttributesAsync(slice, batch, cancellation)
            : WritePointsAsync(slice, batch, cancellation);

    private async Task WritePointsAsync(Slice slice, Batch batch, CancellationToken cancellation)
    {
        if (batch.Time is not { } time || !batch.RowsAreTuples)
        {
            throw new TsBackupException(
                ErrorId.CapabilityMissing,
                $"The rows of '{slice.Table}' do not come from a time-series table and cannot be written into one.",
                table);
        }
        var values = batch.Columns.Where(c => c.Schema.Role == ColumnRole.Value)
            .OrderBy(c => c.Schema.Name, StringComparer.Ordinal).ToArray();
        var waiting = new List<TimeseriesRow>();
        long bytes = 0;
        for (var row = 0; row < batch.RowCount; row++)
        {
            if (time.Values[row] < 0 || time.Values[row] % TableColumns.NanosPerMicro != 0)
            {
                ledger.Failed(slice, 1, nameof(ErrorId.ColumnTypeUnsupported), "A time is not a whole microsecond since 1970.");
                continue;
            }
            var (measurement, source, tags) = SeriesAt(batch, row);
            var fields = new List<KeyValuePair<string, PlainValue>>();
            foreach (var column in values)
            {
                if (column.IsValid(row))
                    fields.Add(new(column.Schema.Name, TableColumns.ValueAt(column, row)));
            }
            var point = new TimeseriesRow(measurement, source, tags, time.Values[row] / TableColumns.NanosPerMicro, fields);
            waiting.Add(point);
            bytes += SizeOf(point);
            if (waiting.Count < MaxRows && bytes < MaxBytes)
                continue;
            await SendAsync(slice, waiting, cancellation).ConfigureAwait(false);
            waiting = [];
            bytes = 0;
        }
        if (waiting.Count > 0)
            await SendAsync(slice, waiting, cancellation).ConfigureAwait(false);
    }

    private static long SizeOf(TimeseriesRow point)
    {
        const int perValue = 40;
        var size = (long)perValue + point.Measurement.Length + point.Source.Length;
        foreach (var (name, value) in point.Tags)
            size += perValue + (3L * (name.Length + value.Length));
        foreach (var (name, value) in point.Fields)
            size += perValue + (3L * name.Length) + value.Bytes.Length;
        return size;
    }

    private async Task SendAsync(Slice slice, List<TimeseriesRow> points, CancellationToken cancellation)
    {
        var started = options.Clock.GetTimestamp();
        for (var tries = 1; points.Count > 0; tries++)
        {
            PutTimeseriesDataResponse reply;
            try
            {
                reply = await PutAsync(points, cancellation).ConfigureAwait(false);
            }
            catch (TsBackupException e) when (TablestoreErrors.CodeOf(e) is ErrorCodes.ParameterInvalid or ErrorCodes.BodyTooLarge)
            {
                await HalveAsync(slice, points, e, cancellation).ConfigureAwait(false);
                return;
            }
            var again = new List<TimeseriesRow>();
            var pause = TimeSpan.Zero;
            foreach (var failed in reply.FailedRows)
            {
                if (failed.RowIndex is not { } index || index < 0 || index >= points.Count)
                    throw new TsBackupException(
                        ErrorId.StoreReplyInvalid, $"A reply about table '{table}' names a row that was not sent.", table);
                var code = failed.Code ?? ErrorCodes.InternalError;
                if (client.Retry.PauseAfter(code, failed.Text, tries, options.Clock.GetElapsedTime(started), canRepeat: true) is { } wait)
                {
                    again.Add(points[index]);
                    pause = wait > pause ? wait : pause;
                    continue;
                }
                var error = new ErrorMessage { Code = code, Text = failed.Text };
                var reason = TablestoreErrors.From(OperationNames.PutTimeseriesData, table, client.Endpoint.Address, error, default);
                ledger.Failed(slice, 1, reason.Id.ToString(), reason.Message);
            }
            ledger.Wrote(points.Count - reply.FailedRows.Count);
            points = again;
            if (points.Count > 0)
                await client.WaitAsync($"{points.Count} points of table '{table}' were not taken.", pause, cancellation)
                    .ConfigureAwait(false);
        }
    }

    private async Task HalveAsync(Slice slice, List<TimeseriesRow> points, TsBackupException error, CancellationToken cancellation)
    {
        if (points.Count == 1)
        {
            ledger.Failed(slice, 1, error.Id.ToString(), error.Message);
            return;
        }
        var half = points.Count / 2;
        await SendAsync(slice, points[..half], cancellation).ConfigureAwait(false);
        await SendAsync(slice, points[half..], cancellation).ConfigureAwait(false);
    }

    private Task<PutTimeseriesDataResponse> PutAsync(List<TimeseriesRow> points, CancellationToken cancellation)
    {
        var writer = new TimeseriesRowsWriter();
        foreach (var point in points)
            writer.Add(point);
        var data = writer.Finish(out var checksum);
        var request = new PutTimeseriesDataRequest
        {
            TableName = table,
            Rows = new TimeseriesRows { Encoding = TimeseriesEncoding.FlatBuffer, Data = data, Crc32C = checksum },
            MetaUpdateMode = 0,
            SupportedTableVersion = TableVersion,
        };
        return client.CallAsync<PutTimeseriesDataResponse>(OperationNames.PutTimeseriesData, request, table, cancellation, canRepeat: true);
    }

    private async Task WriteAttributesAsync(Slice slice, Batch batch, CancellationToken cancellation)
    {
        var attributes = batch.FindColumn(TableColumns.Attributes) as BytesColumn ?? throw new TsBackupException(
            ErrorId.CapabilityMissing, $"The rows of '{slice}' hold no attributes.", table);
        for (var start = 0; start < batch.RowCount; start += MaxRows)
        {
            var count = Math.Min(MaxRows, batch.RowCount - start);
            var request = new UpdateTimeseriesMetaRequest { TableName = table, SupportedTableVersion = TableVersion };
            for (var row = start; row < start + count; row++)
            {
                var (measurement, source, tags) = SeriesAt(batch, row);
                var key = new TimeseriesKey { Measurement = measurement, Source = source };
                key.TagList.AddRange(tags.Select(t => new TimeseriesTag { Name = t.Key, Value = t.Value }));
                request.Metas.Add(new TimeseriesMeta { Key = key, Attributes = System.Text.Encoding.UTF8.GetString(attributes[row]) });
            }
            var reply = await client.CallAsync<UpdateTimeseriesMetaResponse>(
                OperationNames.UpdateTimeseriesMeta, request, table, cancellation, canRepeat: true).ConfigureAwait(false);
            ledger.Wrote(count - reply.FailedRows.Count);
            foreach (var failed in reply.FailedRows)
                ledger.Failed(slice, 1, nameof(ErrorId.StoreWriteRejected), $"{failed.Code}: {failed.Text}");
        }
    }

    private static (string Measurement, string Source, List<KeyValuePair<string, string>> Tags) SeriesAt(Batch batch, int row)
    {
        var measurement = "";
        var source = "";
        var tags = new List<KeyValuePair<string, string>>();
        foreach (var column in batch.Columns)
        {
            if (column is not BytesColumn text || column.Schema.Role != ColumnRole.Key || !text.IsValid(row))
                continue;
            var value = System.Text.Encoding.UTF8.GetString(text[row]);
            if (column.Schema == TableColumns.Measurement)
                measurement = value;
            else if (column.Schema == TableColumns.Source)
                source = value;
            else
                tags.Add(new(TableColumns.TagOf(column.Schema)!, value));
        }
        tags.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return (measurement, source, tags);
    }
}
