using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.Tablestore;

/// <summary>Says what a store holds.</summary>
internal sealed class CatalogReader(TablestoreClient client, TableDirectory directory)
{
    /// <summary>Describes the store. What may not be described is named in the warnings and stays among the tables.</summary>
    public async Task<Catalog> ReadAsync(CancellationToken cancellation)
    {
        var warnings = new List<string>();
        var names = await directory.ListAsync(cancellation).ConfigureAwait(false);
        var seriesNames = await ListSeriesAsync(warnings, cancellation).ConfigureAwait(false);
        var mayListSeries = seriesNames is not null;
        seriesNames ??= [];
        // Whether ListTable names time-series tables too is not documented.
        var wide = await directory.DescribeAllAsync([.. names.Except(seriesNames, StringComparer.Ordinal)], cancellation)
            .ConfigureAwait(false);
        var series = await directory.DescribeAllSeriesAsync(seriesNames, cancellation).ConfigureAwait(false);

        var tables = new List<TableSchema>();
        var settings = new List<SettingsDocument>();
        foreach (var table in wide)
        {
            var keys = table.Description?.Meta!.PrimaryKey;
            tables.Add(new TableSchema(new TableId("", table.Name), keys is null ? [] : TableColumns.OfTable(keys))
            {
                ChangesFound = table.Description is { Options: { } options } ? SplitNote.MethodOf(options) : null,
            });
            settings.AddRange(SettingsDocuments.Of(table));
            Note(table.Name, table.Denied, warnings, table.Description is null ? "cannot be described" : "keeps its search indexes back");
        }
        foreach (var table in series)
        {
            var id = new TableId(TableColumns.TimeseriesGroup, table.Name);
            tables.Add(new TableSchema(id, table.Description is null ? [] : TableColumns.OfSeries)
            {
                ChangesFound = SplitNote.MethodOfSeries,
            });
            settings.AddRange(SettingsDocuments.Of(table));
            Note(table.Name, table.Denied, warnings, "cannot be described");
        }
        // Tables nobody may list are a gap: they stand in the catalog as one that cannot be read.
        if (!mayListSeries)
            tables.Add(new TableSchema(TableColumns.UnlistedSeries, []));
        return new Catalog(
            TablestoreConnector.Name,
            client.Endpoint.Address.ToString(),
            "Alibaba Cloud Tablestore (API 2015-12-31)",
            tables,
            settings,
            warnings);
    }

    /// <summary>The names; null when they may not be listed.</summary>
    private async Task<IReadOnlyList<string>?> ListSeriesAsync(List<string> warnings, CancellationToken cancellation)
    {
        try
        {
            return await directory.ListSeriesAsync(cancellation).ConfigureAwait(false);
        }
        catch (TsBackupException e) when (e.Id is ErrorId.StoreAccessDenied or ErrorId.CapabilityMissing or ErrorId.StoreQueryFailed)
        {
            warnings.Add($"Time-series tables cannot be listed: {e.Message}");
            return e.Id == ErrorId.StoreAccessDenied ? null : [];
        }
    }

    private static void Note(string table, TsBackupException? denied, List<string> warnings, string what)
    {
        if (denied is not null)
            warnings.Add($"Table '{table}' {what}: {denied.Message}");
    }
}
