using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;

namespace TsBackup.Connectors.Tablestore;

/// <summary>
/// Makes wide-column tables ready to take rows. Versions are only taken within the table's time to live and version offset, so a table
/// is loaded with neither limit; its own options come back afterwards, and indexes, which demand one version per cell, come last.
/// </summary>
internal sealed class TargetPreparer(TablestoreClient client, TableDirectory directory, ConnectorOptions options)
{
    /// <summary>Seconds around now in which versions are taken during a load: back to 1958 and on to 2094.</summary>
    public const long WideOffset = int.MaxValue;

    /// <summary>Prepares a table.</summary>
    /// <param name="schema">The table, with the target's name.</param>
    /// <param name="definition">Its definition in the backup; null when settings were not backed up.</param>
    /// <param name="isScratch">True for a drill.</param>
    /// <param name="cancellation">Stops.</param>
    public async Task<PreparedTable> PrepareAsync(
        TableSchema schema, DescribeTableResponse? definition, bool isScratch, CancellationToken cancellation)
    {
        var existing = await directory.FindAsync(schema.Id.Name, cancellation).ConfigureAwait(false);
        directory.Clear();
        return existing is null
            ? await CreateAsync(schema, definition, isScratch, cancellation).ConfigureAwait(false)
            : await TakeAsync(schema, existing, definition, isScratch, cancellation).ConfigureAwait(false);
    }

    private async Task<PreparedTable> CreateAsync(
        TableSchema schema, DescribeTableResponse? definition, bool isScratch, CancellationToken cancellation)
    {
        var keys = definition?.Meta!.PrimaryKey ?? KeysOf(schema);
        var generated = keys.FindIndex(k => k.Option == PrimaryKeyOption.AutoIncrement);
        var keeps = generated >= 0 && !client.Endpoint.GenerateKeys;
        var meta = new TableMeta { TableName = client.Endpoint.Full(schema.Id.Name) };
        meta.PrimaryKey.AddRange(keys.Select(k => new PrimaryKeySchema { Name = k.Name, Type = k.Type, Option = keeps ? null : k.Option }));
        meta.DefinedColumns.AddRange(definition?.Meta!.DefinedColumns ?? []);
        var request = new CreateTableRequest
        {
            Meta = meta,
            Throughput = new ReservedThroughput { Units = UnitsOf(definition) },
            Options = LoadOptions(definition?.Options?.MaxVersions ?? int.MaxValue),
            Encryption = isScratch ? null : definition?.Encryption,
        };
        await client.CallAsync<EmptyMessage>(OperationNames.CreateTable, request, schema.Id.Name, cancellation).ConfigureAwait(false);
        return new PreparedTable(schema.Id)
        {
            Wide = new WideTarget(meta.TableName, meta.PrimaryKey, Merges: false, keeps ? -1 : generated),
            IsNew = true,
            FinalOptions = isScratch ? null : definition?.Options,
            Remark = generated < 0 ? "" : keeps ? Kept(keys[generated]) : $"Key column '{keys[generated].Name}' got new values.",
        };
    }

    private static string Kept(PrimaryKeySchema key) =>
        $"Key column '{key.Name}' keeps its values as a plain INTEGER column; new rows get no keys by themselves.";

    private async Task<PreparedTable> TakeAsync(
        TableSchema schema, DescribeTableResponse existing, DescribeTableResponse? definition, bool isScratch, CancellationToken cancellation)
    {
        var table = client.Endpoint.Full(schema.Id.Name);
        var keys = existing.Meta!.PrimaryKey;
        CheckKeys(schema, keys);
        var generated = keys.FindIndex(k => k.Option == PrimaryKeyOption.AutoIncrement);
        if (generated >= 0 && !client.Endpoint.GenerateKeys)
        {
            throw new TsBackupException(
                ErrorId.CapabilityMissing,
                $"Table '{table}' fills key column '{keys[generated].Name}' by itself and takes no values for it.",
                table,
                "Restore under another name, or add autoincrement=new to the address to get new keys.");
        }
        var holdsRows = await new WideTableReader(client, directory).AnyAsync(schema.Id, TimeRange.All, cancellation).ConfigureAwait(false);
        var own = existing.Options!;
        var target = new WideTarget(table, keys, Merges: holdsRows && generated < 0, generated);
        if (!isScratch && IsHalfLoaded(own) && definition?.Options is { } wanted && !IsHalfLoaded(wanted))
        {
            // An earlier restore made it and did not come to setting its options and indexes.
            var keptKey = definition.Meta!.PrimaryKey.Find(k => k.Option == PrimaryKeyOption.AutoIncrement);
            return new PreparedTable(schema.Id)
            {
                Wide = target,
                IsNew = true,
                FinalOptions = wanted,
                Remark = keptKey is null || generated >= 0 ? "" : Kept(keptKey),
            };
        }
        var isOpen = own.TimeToLive is null or -1 && own.MaxVersionOffset >= WideOffset && own.AllowUpdate != false;
        if (!isOpen)
        {
            var request = new UpdateTableRequest { TableName = table, Options = LoadOptions(null) };
            await client.CallAsync<UpdateTableResponse>(OperationNames.UpdateTable, request, table, cancellation, canRepeat: true)
                .ConfigureAwait(false);
            options.Log?.Invoke($"Table '{table}' takes every version while it is loaded; its own options come back afterwards.");
        }
        return new PreparedTable(schema.Id)
        {
            Wide = target,
            FinalOptions = isOpen ? null : own,
        };
    }

    private static bool IsHalfLoaded(TableOptions options) =>
        options is { TimeToLive: -1, MaxVersionOffset: WideOffset, AllowUpdate: not false };

    private static TableOptions LoadOptions(int? maxVersions) =>
        new() { TimeToLive = -1, MaxVersions = maxVersions, MaxVersionOffset = WideOffset, AllowUpdate = true };

    private static CapacityUnit UnitsOf(DescribeTableResponse? definition) => new()
    {
        Read = definition?.Throughput!.Units!.Read ?? 0,
        Write = definition?.Throughput!.Units!.Write ?? 0,
    };

    private static List<PrimaryKeySchema> KeysOf(TableSchema schema)
    {
        var keys = schema.Columns.Where(c => c.Role == ColumnRole.Key && c != TableColumns.Column).Select(TableColumns.ToKey).ToList();
        return keys.Count is > 0 and <= 4 && schema.Columns.Contains(TableColumns.Column)
            ? keys
            : throw new TsBackupException(
                ErrorId.CapabilityMissing,
                $"Table '{schema.Id}' does not come from a wide-column table and cannot be made in this store.",
                schema.Id.ToString());
    }

    private static void CheckKeys(TableSchema schema, List<PrimaryKeySchema> keys)
    {
        var wanted = schema.Columns.Where(c => c.Role == ColumnRole.Key && c != TableColumns.Column).ToList();
        if (wanted.Count == 0 || wanted.SequenceEqual(keys.Select(TableColumns.OfKey)))
            return;
        throw new TsBackupException(
            ErrorId.TargetExists,
            $"Table '{schema.Id}' exists with another primary key ({string.Join(", ", keys.Select(k => $"{k.Name} {k.Type}"))}).",
            schema.Id.ToString(),
            "Restore under another name.");
    }
}
