using System.Runtime.CompilerServices;
using TsBackup.Connectors.Http;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>Reads groups by queries, all slices of a group in one request.</summary>
internal sealed class InfluxQueryReader(InfluxApi api, ConnectorOptions options) : IShardReader
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<SliceEvent> ReadAsync(SliceGroup group, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var token = group.Token is InfluxGroupToken { SpansShards: false } planned
            ? planned
            : await TokenAsync(group, cancellation).ConfigureAwait(false);
        var pending = new Queue<Slice>(group.Slices);
        var attempt = 0;
        while (pending.TryPeek(out var slice))
        {
            attempt++;
            TsBackupException? error = null;
            var rowsAreOut = false;
            await using var events = PassAsync([.. pending], token, cancellation).GetAsyncEnumerator(cancellation);
            while (true)
            {
                try
                {
                    if (!await events.MoveNextAsync().ConfigureAwait(false))
                        break;
                }
                catch (TsBackupException e)
                {
                    error = e;
                    break;
                }
                yield return events.Current;
                rowsAreOut = events.Current is SliceRows;
                if (!rowsAreOut)
                {
                    pending.Dequeue();
                    attempt = 0;
                }
            }
            if (error is null)
                continue;

            // Rows that were handed on cannot be taken back; a slice that has given none yet may be tried again.
            if (error.IsTransient && !rowsAreOut && attempt < options.Attempts)
            {
                options.Log?.Invoke($"{error.Message} Reading {pending.Peek()} again.");
                await Task.Delay(Backoff.Pause(Math.Max(1, attempt), null), options.Clock, cancellation).ConfigureAwait(false);
                continue;
            }
            yield return new SliceFailure(pending.Dequeue(), error);
            attempt = 0;
        }
    }

    /// <summary>One request for the slices, up to the first that fails.</summary>
    private async IAsyncEnumerable<SliceEvent> PassAsync(
        Slice[] slices, InfluxGroupToken token, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var statements = string.Join(
            "; ",
            slices.Select(slice =>
            {
                var fields = token.Mixed.TryGetValue(slice, out var mixed) ? mixed.Select : "*::field";
                return $"SELECT {fields} FROM {InfluxQl.Source(api.Database, slice.Table)} WHERE {InfluxQl.Times(slice.Window)} GROUP BY *";
            }));
        using var http = await api.OpenQueryAsync(statements, cancellation).ConfigureAwait(false);
        var reply = new InfluxReply(http.Body, api.Target, slices.Length);
        var builder = NewBuilder(slices[0], token);
        try
        {
            await foreach (var step in reply.ReadAsync(cancellation).ConfigureAwait(false))
            {
                var slice = slices[reply.Statement];
                switch (step)
                {
                    case InfluxReplyEvent.Series:
                        builder.Begin(reply);
                        break;
                    case InfluxReplyEvent.Rows:
                        builder.Append(reply);
                        if (builder.IsFull)
                            yield return new SliceRows(slice, builder.Take()!);
                        break;
                    case InfluxReplyEvent.StatementError:
                        throw InfluxErrors.FromQuery(api.Target, reply.Error);
                    case InfluxReplyEvent.StatementEnd:
                        if (builder.Take() is { } rest)
                            yield return new SliceRows(slice, rest);
                        yield return new SliceEnd(slice);
                        builder.Dispose();
                        if (reply.Statement + 1 < slices.Length)
                            builder = NewBuilder(slices[reply.Statement + 1], token);
                        break;
                }
            }
        }
        finally
        {
            builder.Dispose();
        }
    }

    private InfluxBatchBuilder NewBuilder(Slice slice, InfluxGroupToken token)
    {
        if (slice.Table.Name.Contains('\uFFFD', StringComparison.Ordinal))
        {
            throw new TsBackupException(
                ErrorId.StoreReplyInvalid, $"Measurement {slice.Table} cannot be asked for: its name is not UTF-8.", api.Target);
        }
        return new InfluxBatchBuilder(slice, token.UnsignedOf(slice.Table), api.Target, token.Mixed.GetValueOrDefault(slice));
    }

    /// <summary>Finds out about slices of a version, whose borders need not be those of the store.</summary>
    private async Task<InfluxGroupToken> TokenAsync(SliceGroup group, CancellationToken cancellation)
    {
        var catalog = new InfluxCatalogReader(api);
        var unsigned = new Dictionary<TableId, IReadOnlySet<string>>();
        var mixed = new Dictionary<Slice, InfluxMixedTypes>();
        foreach (var slices in group.Slices.GroupBy(slice => slice.Table))
        {
            if (await TableAsync(catalog, slices.Key, cancellation).ConfigureAwait(false) is not { } table)
                continue;
            unsigned[table.Id] = InfluxGroupToken.UnsignedOf(table);
            foreach (var slice in slices.Where(_ => InfluxMixedTypes.HasConflicts(table)))
            {
                if (await InfluxMixedTypes.FindAsync(api, catalog, table, slice, cancellation).ConfigureAwait(false) is { } types)
                    mixed.Add(slice, types);
            }
        }
        return new InfluxGroupToken(unsigned) { Mixed = mixed };
    }

    private static async Task<TableSchema?> TableAsync(InfluxCatalogReader catalog, TableId table, CancellationToken cancellation)
    {
        try
        {
            return await catalog.TableAsync(table, cancellation).ConfigureAwait(false);
        }
        catch (TsBackupException e) when (e.Id == ErrorId.StoreNotFound)
        {
            // The query itself says so of each slice.
            return null;
        }
    }
}
