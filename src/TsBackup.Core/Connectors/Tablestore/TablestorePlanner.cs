using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;

namespace TsBackup.Connectors.Tablestore;

/// <summary>Why a slice cannot be read; carried from planning to reading, so that the version names the table.</summary>
internal sealed record UnreadableToken(TsBackupException Reason);

/// <summary>
/// Cuts tables into slices: wide-column tables by ComputeSplitPointsBySize, one group per split; a time-series table is one slice
/// (its splits are opaque and of no use later) and one more for the attributes of its series.
/// <para>
/// Plans have no fingerprints: the service keeps no mark of change. What reading learns of a split of a table that allows no updates
/// serves the next backup instead (<see cref="SplitNote"/>). All else is read in full and equal blocks are stored once; the log says
/// which.
/// </para>
/// </summary>
internal sealed class TablestorePlanner(TablestoreClient client, TableDirectory directory, ConnectorOptions options)
{
    private const long SplitUnit = 100L << 20;

    /// <summary>Makes the plan.</summary>
    public async Task<IReadOnlyList<SliceGroup>> PlanAsync(Catalog catalog, Scope scope, CancellationToken cancellation)
    {
        var groups = new List<SliceGroup>();
        var window = WindowOf(scope.Range);
        if (window.IsEmpty)
            return groups;
        foreach (var table in catalog.Tables.Select(t => t.Id).Where(scope.Covers))
        {
            if (table == TableColumns.UnlistedSeries)
            {
                groups.Add(Unlisted(table, window));
                continue;
            }
            if (TableColumns.IsTimeseries(table))
                groups.AddRange(PlanSeries(table, window));
            else
                groups.AddRange(await PlanWideAsync(table, window, cancellation).ConfigureAwait(false));
            options.Log?.Invoke($"Changes of table '{table}' are found {await MethodAsync(table, cancellation).ConfigureAwait(false)}.");
        }
        return groups;
    }

    private async Task<string> MethodAsync(TableId table, CancellationToken cancellation)
    {
        if (TableColumns.IsTimeseries(table))
            return SplitNote.MethodOfSeries;
        try
        {
            return SplitNote.MethodOf((await directory.DescribeAsync(table.Name, cancellation).ConfigureAwait(false)).Options!);
        }
        catch (TsBackupException)
        {
            return "by reading in full: the table cannot be described";
        }
    }

    /// <summary>Versions and times start at 0; the open end is this moment by the service's clock.</summary>
    private TimeRange WindowOf(TimeRange range)
    {
        var last = range.Last;
        if (client.Endpoint.Cut)
        {
            var cut = (client.ServiceTime.ToUnixTimeMilliseconds() * TableColumns.NanosPerMilli) + TableColumns.NanosPerMilli - 1;
            last = Math.Min(last, cut);
        }
        return new TimeRange(Math.Max(range.First, 0), last);
    }

    private SliceGroup Unlisted(TableId table, TimeRange window)
    {
        var reason = new TsBackupException(
            ErrorId.StoreAccessDenied,
            $"The time-series tables of {client.Endpoint.Address} may not be listed.",
            client.Endpoint.Address.ToString(),
            $"Grant the access key the right ots:{OperationNames.ListTimeseriesTable}, or leave them out: exclude '{table}'.");
        return new SliceGroup(table.ToString(), [new Slice(table, window)]) { Token = new UnreadableToken(reason) };
    }

    private static IEnumerable<SliceGroup> PlanSeries(TableId table, TimeRange window)
    {
        yield return new SliceGroup(table.ToString(), [new Slice(table, window)]);
        // Attributes have no time: they belong to backups that start at the beginning.
        if (window.First == 0)
        {
            var slice = new Slice(table, window, TableColumns.AttributesPartition);
            yield return new SliceGroup($"{table}#{TableColumns.AttributesPartition}", [slice]);
        }
    }

    private async Task<IReadOnlyList<SliceGroup>> PlanWideAsync(TableId table, TimeRange window, CancellationToken cancellation)
    {
        try
        {
            var keys = (await directory.DescribeAsync(table.Name, cancellation).ConfigureAwait(false)).Meta!.PrimaryKey;
            var ranges = await SplitAsync(table, keys, cancellation).ConfigureAwait(false);
            return [.. ranges.Select(r => new SliceGroup($"{table}#{r}", [new Slice(table, window, r.ToString())]))];
        }
        catch (TsBackupException e) when (e.Id is ErrorId.StoreAccessDenied or ErrorId.TableNotFound)
        {
            return [new SliceGroup(table.ToString(), [new Slice(table, window)]) { Token = new UnreadableToken(e) }];
        }
    }

    private async Task<IReadOnlyList<KeyRange>> SplitAsync(TableId table, List<PrimaryKeySchema> keys, CancellationToken cancellation)
    {
        var request = new ComputeSplitPointsRequest
        {
            TableName = client.Endpoint.Full(table.Name),
            SplitSize = 1,
            SplitSizeUnit = SplitUnit,
        };
        try
        {
            var reply = await client.CallAsync<ComputeSplitPointsResponse>(
                OperationNames.ComputeSplitPointsBySize, request, table.Name, cancellation).ConfigureAwait(false);
            return KeyRange.Cut(reply.SplitPoints, keys);
        }
        catch (TsBackupException e) when (e.Id is ErrorId.StoreAccessDenied or ErrorId.CapabilityMissing)
        {
            options.Log?.Invoke($"Table '{table}' is read in one piece: {e.Message}");
            return [KeyRange.All(keys.Count)];
        }
        catch (TablestoreProtocolException e)
        {
            throw TablestoreErrors.From(e, $"The splits of table '{table}'", client.Endpoint.Address);
        }
    }
}
