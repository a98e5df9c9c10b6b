using System.Runtime.CompilerServices;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.Files;

/// <summary>
/// A store that is a folder of line protocol files, <c>.lp</c> and <c>.lp.gz</c>: <c>file:///folder</c>. Sub-folders are groups of
/// tables. Options: <c>compress=gzip</c> packs what is written, <c>precision=ns|us|ms|s</c> says what the timestamps count (default
/// ns; others for reading only). Where a field of one series and time stands in several lines, the later line counts, whatever its
/// type; files come in order of their names, those written by this connector after all others.
/// </summary>
internal sealed class FileConnector : IConnector
{
    /// <summary>The connector's line in the catalog.</summary>
    public static readonly ConnectorInfo Info =
        new("File", ["file"], "file:///exports/telemetry", static (address, options) => new FileConnector(address, options));

    private const string ScratchMark = ".tsbackup-drill-";

    private readonly string _root;
    private readonly bool _packed;
    private readonly FileFolder _folder;

    public FileConnector(StoreAddress address, ConnectorOptions options)
    {
        Address = address;
        if (address.Host.Length > 0 || address.Path.Trim('/').Length == 0)
        {
            throw new TsBackupException(
                ErrorId.StoreUriInvalid,
                $"'{address}' does not name a folder by its full path.",
                address.ToString(),
                "Write three slashes and the full path, like file:///exports/telemetry.");
        }
        var path = OperatingSystem.IsWindows() ? address.Path.TrimStart('/') : address.Path;
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        _packed = address.Option("compress") switch
        {
            null or "none" => false,
            "gzip" => true,
            _ => throw OptionInvalid("compress", "gzip or none"),
        };
        var unit = address.Option("precision") switch
        {
            null or "ns" => 1,
            "us" or "u" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            _ => throw OptionInvalid("precision", "ns, us, ms or s"),
        };
        _folder = new FileFolder(_root, address.ToString(), unit, options.Parallelism);
        Capabilities = new StoreCapabilities
        {
            Writes = unit == 1,
            Scratch = unit == 1,
            Deletes = true,
            Fingerprints = true,
            PrecisionNanoseconds = 1,
            LocalDataPath = _root,
        };
    }

    public StoreAddress Address { get; }

    public StoreCapabilities Capabilities { get; }

    public async Task<Catalog> DescribeAsync(CancellationToken cancellation)
    {
        var files = await _folder.IndexAsync(cancellation).ConfigureAwait(false);
        var tables = files
            .SelectMany(file => file.Tables, (file, table) => (Id: new TableId(file.File.Group, table.Key), table.Value))
            .GroupBy(table => table.Id, table => table.Value)
            .OrderBy(table => table.Key)
            .Select(table => new TableSchema(table.Key, Columns(table), table.Sum(part => part.Rows)))
            .ToList();
        var warnings = files.Where(file => file.Error is not null).Select(file => file.Error!.Message).ToList();
        return new Catalog(
            Info.Name, Address.ToString(), "line protocol files", tables, SettingsFile.Read(_root), warnings);
    }

    public async Task<IReadOnlyList<SliceGroup>> PlanAsync(Catalog catalog, Scope scope, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return FilePlan.Make(await _folder.IndexAsync(cancellation).ConfigureAwait(false), scope, _folder.Unit);
    }

    public async IAsyncEnumerable<SliceEvent> ReadAsync(SliceGroup group, [EnumeratorCancellation] CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(group);
        var files = group.Token is FileGroupToken token
            ? token.Files
            : Holders(await _folder.GlanceAsync(cancellation).ConfigureAwait(false), group.Slices);
        using var reader = new FileGroupReader(files, group.Slices, _folder.Unit);
        using var events = reader.Read(cancellation).GetEnumerator();
        while (Advance(events))
            yield return events.Current;
    }

    public async Task<bool> HasRowsAsync(TableId table, TimeRange range, CancellationToken cancellation)
    {
        if (!Directory.Exists(_root))
            return false;
        var slice = new Slice(table, range);
        var files = Holders(await _folder.GlanceAsync(cancellation).ConfigureAwait(false), [slice]);
        var certain = files.SelectMany(file => DaysOf(file, table)).Any(day => range.Contains(day.First) || range.Contains(day.Last));
        if (certain)
            return true;
        using var reader = new FileGroupReader(files, [slice], _folder.Unit);
        using var events = reader.Read(cancellation).GetEnumerator();
        while (Advance(events))
        {
            if (events.Current is not SliceRows rows)
                continue;
            rows.Batch.Dispose();
            return true;
        }
        return false;
    }

    public async Task DeleteRowsAsync(TableId table, TimeRange range, CancellationToken cancellation)
    {
        var files = Holders(await _folder.GlanceAsync(cancellation).ConfigureAwait(false), [new Slice(table, range)]);
        foreach (var file in files)
        {
            if (file.Error is { } error)
                throw error;
            RowRemover.Remove(file.File, table.Name, range, _folder.Unit, cancellation);
            _folder.Expire();
        }
    }

    public Task<IStoreWriter> OpenWriterAsync(RestoreTarget target, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (!Capabilities.Writes)
        {
            throw new TsBackupException(
                ErrorId.CapabilityMissing,
                $"'{Address}' can only be read, because its timestamps do not count nanoseconds.",
                Address.ToString(),
                "Leave the option precision out, or restore into another folder.");
        }
        try
        {
            Directory.CreateDirectory(_root);
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Writing(error, _root);
        }
        return Task.FromResult<IStoreWriter>(new FileStoreWriter(_folder, _packed, target));
    }

    public StoreAddress ScratchAddress(string name) => Address.WithPath(Address.Path.TrimEnd('/') + ScratchMark + name);

    public Task DropScratchAsync(CancellationToken cancellation)
    {
        var name = Path.GetFileName(_root);
        var mark = name.IndexOf(ScratchMark, StringComparison.Ordinal);
        if (mark <= 0 || mark + ScratchMark.Length == name.Length || new DirectoryInfo(_root).LinkTarget is not null)
        {
            throw new TsBackupException(
                ErrorId.CapabilityMissing, $"'{Address}' is no scratch store and is not dropped.", Address.ToString());
        }
        try
        {
            if (Directory.Exists(_root))
                Directory.Delete(_root, recursive: true);
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Writing(error, _root);
        }
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static List<ColumnSchema> Columns(IEnumerable<TableIndex> parts)
    {
        var columns = parts.SelectMany(part => part.Columns).Distinct()
            .Append(new ColumnSchema("time", ColumnRole.Time, ColumnType.Timestamp)).ToList();
        columns.Sort(ColumnSchema.CompareCanonical);
        return columns;
    }

    private static IEnumerable<DayIndex> DaysOf(FileIndex file, TableId table) =>
        file.File.Group == table.Group && file.Tables.TryGetValue(table.Name, out var part) ? part.Days.Values : [];

    /// <summary>
    /// The files that may hold rows of the slices. A file that cannot be read to its end may hold anything of its group.
    /// </summary>
    private static List<FileIndex> Holders(IReadOnlyList<FileIndex> files, IReadOnlyList<Slice> slices) =>
        [.. files.Where(file => slices.Any(slice =>
            (file.Error is not null && file.File.Group == slice.Table.Group)
            || DaysOf(file, slice.Table).Any(day => slice.Window.Overlaps(new TimeRange(day.First, day.Last)))))];

    private bool Advance(IEnumerator<SliceEvent> events)
    {
        try
        {
            return events.MoveNext();
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Reading(error, _root);
        }
    }

    private TsBackupException OptionInvalid(string name, string choices) => new(
        ErrorId.StoreUriInvalid, $"The option '{name}' of '{Address}' has no such value.", Address.ToString(), $"Use {choices}.");
}
