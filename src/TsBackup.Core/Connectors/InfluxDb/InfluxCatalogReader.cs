using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>Finds out what a database holds.</summary>
internal sealed class InfluxCatalogReader(InfluxApi api)
{
    /// <summary>Describes the database.</summary>
    /// <exception cref="TsBackupException">StoreNotFound, StoreAccessDenied, StoreCredentialRejected, StoreUnreachable …</exception>
    public async Task<Catalog> ReadAsync(CancellationToken cancellation)
    {
        var product = await api.PingAsync(cancellation).ConfigureAwait(false);
        if (!await ExistsAsync(cancellation).ConfigureAwait(false))
        {
            throw new TsBackupException(
                ErrorId.StoreNotFound,
                $"{api.Target} has no database '{api.Database}', or the user may not see it.",
                api.Target,
                "Check the name after the slash, and the user's rights.");
        }
        var policies = await PoliciesAsync(cancellation).ConfigureAwait(false);
        var tables = new List<TableSchema>();
        foreach (var policy in policies)
            tables.AddRange(await TablesAsync(policy.Name, cancellation).ConfigureAwait(false));
        tables.Sort(static (a, b) => a.Id.CompareTo(b.Id));
        var warnings = new List<string>();
        foreach (var table in tables.Where(table => table.Id.Name.Contains('\uFFFD', StringComparison.Ordinal)))
            warnings.Add($"The name of measurement {table.Id} is not UTF-8; its rows cannot be read over HTTP.");
        var settings = policies.Select(policy => policy.ToDocument(api.Database)).ToList();
        settings.AddRange(await new InfluxSettingsReader(api, warnings).ReadAsync(cancellation).ConfigureAwait(false));
        return new Catalog("InfluxDB", api.Target, product, tables, settings, warnings);
    }

    /// <summary>True when the database exists and the user may see it.</summary>
    public async Task<bool> ExistsAsync(CancellationToken cancellation)
    {
        var rows = await api.QueryAsync("SHOW DATABASES", cancellation).ConfigureAwait(false);
        return rows.Any(row => row.Text("name") == api.Database);
    }

    /// <summary>The retention policies.</summary>
    public async Task<IReadOnlyList<InfluxRetentionPolicy>> PoliciesAsync(CancellationToken cancellation)
    {
        var rows = await api.QueryAsync($"SHOW RETENTION POLICIES ON {InfluxQl.Name(api.Database)}", cancellation).ConfigureAwait(false);
        return [.. rows.Select(InfluxRetentionPolicy.From)];
    }

    /// <summary>The measurements of a retention policy that have fields there, with their columns.</summary>
    public Task<IReadOnlyList<TableSchema>> TablesAsync(string policy, CancellationToken cancellation) =>
        TablesAsync(policy, $"{InfluxQl.Name(policy)}./.*/", cancellation);

    /// <summary>One measurement with its columns; null when it has no fields in its retention policy.</summary>
    public async Task<TableSchema?> TableAsync(TableId table, CancellationToken cancellation)
    {
        var source = table.Group.Length == 0 ? InfluxQl.Name(table.Name) : $"{InfluxQl.Name(table.Group)}.{InfluxQl.Name(table.Name)}";
        var tables = await TablesAsync(table.Group, source, cancellation).ConfigureAwait(false);
        return tables.FirstOrDefault(found => found.Id == table);
    }

    private async Task<IReadOnlyList<TableSchema>> TablesAsync(string policy, string source, CancellationToken cancellation)
    {
        var on = $"ON {InfluxQl.Name(api.Database)} FROM {source}";
        var fields = await api.QueryAsync($"SHOW FIELD KEYS {on}", cancellation).ConfigureAwait(false);
        var tags = await api.QueryAsync($"SHOW TAG KEYS {on}", cancellation).ConfigureAwait(false);
        var keys = tags.ToLookup(row => row.Series, row => row.Text("tagKey"), StringComparer.Ordinal);
        return
        [
            .. fields.GroupBy(row => row.Series, StringComparer.Ordinal).Select(rows => new TableSchema(
                new TableId(policy, rows.Key),
                [
                    .. keys[rows.Key].Select(key => new ColumnSchema(key, ColumnRole.Key, ColumnType.String)),
                    new ColumnSchema("time", ColumnRole.Time, ColumnType.Timestamp),
                    .. rows.Select(row => new ColumnSchema(row.Text("fieldKey"), ColumnRole.Value, TypeOf(row.Text("fieldType")))),
                ])),
        ];
    }

    private ColumnType TypeOf(string type) => type switch
    {
        "float" => ColumnType.Float64,
        "integer" => ColumnType.Int64,
        "unsigned" => ColumnType.UInt64,
        "boolean" => ColumnType.Boolean,
        "string" => ColumnType.String,
        _ => throw new TsBackupException(ErrorId.StoreReplyInvalid, $"{api.Target} has a field of the unknown type '{type}'.", api.Target),
    };
}
