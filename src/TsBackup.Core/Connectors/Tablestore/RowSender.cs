using TsBackup.Errors;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.Connectors.Tablestore;

/// <summary>
/// Sends rows by BatchWriteRow within its limits (200 rows, 4 MB, distinct keys), a few requests at once. Only the rows that failed are
/// sent again; a request that is refused for the sake of one row is halved until that row stands alone.
/// </summary>
internal sealed class RowSender(TablestoreClient client, WideTarget target, WriteLedger ledger, ConnectorOptions options) : IDisposable
{
    private const int MaxRows = 200;
    private const int MaxBytes = (4 << 20) - (128 << 10);
    private const int Overhead = 32;
    private readonly SemaphoreSlim _slots = new(Math.Clamp(options.Parallelism, 1, 4));
    private readonly List<Task> _running = [];
    private List<RowPart> _waiting = [];
    private int _bytes;

    /// <summary>Takes a row; sends when enough are there.</summary>
    public async Task AddAsync(RowPart part, CancellationToken cancellation)
    {
        if (part.First is not null)
        {
            await AddRestAsync(part, cancellation).ConfigureAwait(false);
            return;
        }
        if (_waiting.Count == MaxRows || (_waiting.Count > 0 && _bytes + part.Row.Length + Overhead > MaxBytes))
            await DispatchAsync(cancellation).ConfigureAwait(false);
        _waiting.Add(part);
        _bytes += part.Row.Length + Overhead;
    }

    /// <summary>Sends what is left and waits for all.</summary>
    public async Task DrainAsync(CancellationToken cancellation)
    {
        await DispatchAsync(cancellation).ConfigureAwait(false);
        var running = _running.ToArray();
        _running.Clear();
        await Task.WhenAll(running).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();

    /// <summary>Sends a later part: it needs the first one in place and its key, and a key may be only once in a request.</summary>
    private async Task AddRestAsync(RowPart part, CancellationToken cancellation)
    {
        await DrainAsync(cancellation).ConfigureAwait(false);
        var first = part.First!;
        if (first.HasFailed)
        {
            ledger.Failed(part.Slice, part.Rows, nameof(ErrorId.StoreWriteRejected), "An earlier part of the row was refused.");
            return;
        }
        if (first is { WantsKey: true, MadeKey.IsEmpty: true })
        {
            ledger.Failed(
                part.Slice,
                part.Rows,
                nameof(ErrorId.StoreReplyInvalid),
                "The service did not say which key it made for the first part of the row.");
            return;
        }
        var rest = first.WantsKey ? part.WithKey(first.MadeKey) : part;
        await SendAsync([rest], cancellation).ConfigureAwait(false);
        first.HasFailed |= rest.HasFailed;
    }

    private async Task DispatchAsync(CancellationToken cancellation)
    {
        if (_waiting.Count == 0)
            return;
        var parts = _waiting;
        _waiting = [];
        _bytes = 0;
        await _slots.WaitAsync(cancellation).ConfigureAwait(false);
        foreach (var done in _running.Where(t => t.IsCompleted).ToArray())
        {
            _running.Remove(done);
            await done.ConfigureAwait(false);
        }
        _running.Add(SendInSlotAsync(parts, cancellation));
    }

    private async Task SendInSlotAsync(List<RowPart> parts, CancellationToken cancellation)
    {
        try
        {
            await SendAsync(parts, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task SendAsync(List<RowPart> parts, CancellationToken cancellation)
    {
        var started = options.Clock.GetTimestamp();
        for (var tries = 1; ; tries++)
        {
            List<RowInBatchResponse> results;
            try
            {
                results = await RequestAsync(parts, cancellation).ConfigureAwait(false);
            }
            catch (TsBackupException e) when (IsAboutRows(e))
            {
                await HalveAsync(parts, e, cancellation).ConfigureAwait(false);
                return;
            }
            var pause = TimeSpan.Zero;
            var again = new List<RowPart>();
            for (var i = 0; i < parts.Count; i++)
            {
                if (Settle(parts[i], results[i], tries, options.Clock.GetElapsedTime(started)) is not { } wait)
                    continue;
                again.Add(parts[i]);
                pause = wait > pause ? wait : pause;
            }
            if (again.Count == 0)
                return;
            await client.WaitAsync($"{again.Count} of {parts.Count} rows of table '{target.Table}' were not taken.", pause, cancellation)
                .ConfigureAwait(false);
            parts = again;
        }
    }

    private async Task<List<RowInBatchResponse>> RequestAsync(List<RowPart> parts, CancellationToken cancellation)
    {
        var table = new TableInBatchWrite { TableName = target.Table };
        foreach (var part in parts)
        {
            table.Rows.Add(new RowInBatch
            {
                Type = part.Type,
                Row = part.Row,
                Condition = new Condition { RowExistence = part.Existence },
                Return = part.WantsKey ? new ReturnContent { Type = ReturnType.PrimaryKey } : null,
            });
        }
        var request = new BatchWriteRowRequest();
        request.Tables.Add(table);
        var reply = await client.CallAsync<BatchResponse>(
            OperationNames.BatchWriteRow, request, target.Table, cancellation, canRepeat: target.CanRepeat).ConfigureAwait(false);
        return reply.Tables.Count == 1 && reply.Tables[0].Rows.Count == parts.Count
            ? reply.Tables[0].Rows
            : throw new TsBackupException(
                ErrorId.StoreReplyInvalid,
                $"The reply about {parts.Count} rows of table '{target.Table}' tells of another number.",
                target.Table);
    }

    /// <summary>Takes note of what became of a row; returns the pause when it is to be sent again.</summary>
    private TimeSpan? Settle(RowPart part, RowInBatchResponse result, int tries, TimeSpan spent)
    {
        if (result.IsOk == true)
        {
            ledger.Wrote(part.Rows);
            part.MadeKey = part.WantsKey ? KeyOf(result.Row ?? default) : default;
            return null;
        }
        var error = result.Error ?? new ErrorMessage { Code = ErrorCodes.InternalError, Text = "no reason given" };
        if (error.Code == ErrorCodes.ConditionFailed && part.Existence == RowExistence.ExpectNotExist)
        {
            // The row is there already, which is all that a row without cells asks for.
            ledger.Wrote(part.Rows);
            return null;
        }
        if (client.Retry.PauseAfter(error.Code!, error.Text, tries, spent, target.CanRepeat) is { } pause)
            return pause;
        Refuse(part, TablestoreErrors.From(OperationNames.BatchWriteRow, target.Table, client.Endpoint.Address, error, default));
        return null;
    }

    private ReadOnlyMemory<byte> KeyOf(ReadOnlyMemory<byte> row)
    {
        try
        {
            return PlainBufferReader.ReadSingle(row) is { } key && key.Keys.Count == target.Keys.Count ? row : default;
        }
        catch (TablestoreProtocolException e)
        {
            options.Log?.Invoke($"The key that table '{target.Table}' made came back damaged: {e.Message}");
            return default;
        }
    }

    private async Task HalveAsync(List<RowPart> parts, TsBackupException error, CancellationToken cancellation)
    {
        if (parts.Count == 1)
        {
            Refuse(parts[0], error);
            return;
        }
        var half = parts.Count / 2;
        await SendAsync(parts[..half], cancellation).ConfigureAwait(false);
        await SendAsync(parts[half..], cancellation).ConfigureAwait(false);
    }

    private void Refuse(RowPart part, TsBackupException error)
    {
        part.HasFailed = true;
        ledger.Failed(part.Slice, part.Rows, error.Id.ToString(), error.Message);
    }

    private static bool IsAboutRows(TsBackupException error) => TablestoreErrors.CodeOf(error) is
        ErrorCodes.ParameterInvalid or ErrorCodes.InvalidPrimaryKey or ErrorCodes.TooManyColumns or ErrorCodes.RowTooLarge
        or ErrorCodes.BodyTooLarge or ErrorCodes.ConditionFailed;
}
