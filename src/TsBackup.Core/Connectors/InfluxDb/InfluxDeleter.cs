using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>Looks for rows in a range and deletes them.</summary>
internal sealed class InfluxDeleter(InfluxApi api, InfluxCatalogReader catalog)
{
    /// <summary>True when there are rows.</summary>
    public async Task<bool> HasRowsAsync(TableId table, TimeRange range, CancellationToken cancellation)
    {
        try
        {
            var statement = $"SELECT *::field FROM {InfluxQl.Source(api.Database, table)} WHERE {InfluxQl.Times(range)} LIMIT 1";
            return (await api.QueryAsync(statement, cancellation).ConfigureAwait(false)).Count > 0;
        }
        catch (TsBackupException e) when (e.Id == ErrorId.StoreNotFound)
        {
            return false;
        }
    }

    /// <summary>
    /// Deletes the rows. The server's DELETE takes a measurement in all retention policies at once and no single policy (tried on
    /// 1.6.7: "retention policy not supported"); so it is used only when no policy that is not meant holds rows of that measurement and
    /// range.
    /// </summary>
    /// <exception cref="TsBackupException">CapabilityMissing when another retention policy would lose rows.</exception>
    public async Task DeleteRowsAsync(IReadOnlyList<TableId> tables, TimeRange range, CancellationToken cancellation)
    {
        var names = await CheckAsync(tables, range, cancellation).ConfigureAwait(false);
        foreach (var name in names)
            await api.QueryAsync($"DELETE FROM {InfluxQl.Name(name)} WHERE {InfluxQl.Times(range)}", cancellation).ConfigureAwait(false);
    }

    /// <summary>Tells whether the rows can be deleted.</summary>
    /// <returns>The measurements that have any.</returns>
    /// <exception cref="TsBackupException">CapabilityMissing when another retention policy would lose rows.</exception>
    public async Task<IReadOnlyCollection<string>> CheckAsync(
        IReadOnlyList<TableId> tables, TimeRange range, CancellationToken cancellation)
    {
        var policies = await catalog.PoliciesAsync(cancellation).ConfigureAwait(false);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var table in tables)
        {
            if (!await HasRowsAsync(table, range, cancellation).ConfigureAwait(false))
                continue;
            names.Add(table.Name);
            foreach (var policy in policies)
            {
                var other = table with { Group = policy.Name };
                var isMeant = tables.Contains(other) || (policy.IsDefault && tables.Contains(table with { Group = "" }));
                if (isMeant || !await HasRowsAsync(other, range, cancellation).ConfigureAwait(false))
                    continue;
                throw new TsBackupException(
                    ErrorId.CapabilityMissing,
                    $"Rows of {table} cannot be deleted alone: {other} has rows in the range too, "
                    + "and InfluxDB deletes from all retention policies at once.",
                    api.Target,
                    "Restore both, restore into another database, or merge instead of overwriting.");
            }
        }
        return names;
    }
}
