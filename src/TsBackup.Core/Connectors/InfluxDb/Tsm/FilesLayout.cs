using System.Globalization;
using TsBackup.Connectors.InfluxDb.Snapshot;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>A shard on disk.</summary>
internal sealed record FilesShard(string Policy, ulong Id, TimeRange Window, string Folder, string WalFolder)
{
    private readonly Lazy<ShardFiles> _files = new(() => ShardFiles.FromFolder(Folder, WalFolder));

    /// <summary>Its files as they were found first.</summary>
    public ShardFiles Files => _files.Value;

    /// <summary>Its files as they are now.</summary>
    public ShardFiles Reopen() => ShardFiles.FromFolder(Folder, WalFolder);

    /// <inheritdoc/>
    public bool Equals(FilesShard? other) => other?.Folder == Folder;

    /// <inheritdoc/>
    public override int GetHashCode() => Folder.GetHashCode(StringComparison.Ordinal);
}

/// <summary>Where the files of a database are.</summary>
/// <param name="DatabaseFolder">Holds a folder per retention policy, which holds a folder per shard.</param>
/// <param name="WalFolder">The same for the write-ahead log.</param>
/// <param name="MetaFile">The server's metadata.</param>
internal sealed record FilesLayout(string DatabaseFolder, string WalFolder, string MetaFile)
{
    private const long MaxMetaSize = 1L << 28;
    private MetaData? _meta;

    /// <summary>Name of the database.</summary>
    public string Database => Path.GetFileName(DatabaseFolder);

    /// <summary>Finds the folders of an address.</summary>
    /// <exception cref="TsBackupException">StoreUriInvalid.</exception>
    public static FilesLayout From(StoreAddress address)
    {
        var path = address.Path.TrimEnd('/');
        if (OperatingSystem.IsWindows() && path.Length > 2 && path[2] == ':')
            path = path[1..];
        var folder = address.Option("db") is { Length: > 0 } database ? Path.Combine(path, "data", database) : path;
        var name = Path.GetFileName(folder);
        if (address.Host.Length > 0 || name.Length == 0 || Path.GetDirectoryName(folder) is not { } data)
        {
            throw new TsBackupException(
                ErrorId.StoreUriInvalid,
                $"{address} does not name the folder of a database.",
                address.ToString(),
                "Write it like influxdb+files:///var/lib/influxdb/data/telemetry or influxdb+files:///var/lib/influxdb?db=telemetry.");
        }
        var root = Path.GetDirectoryName(data) ?? data;
        return new FilesLayout(
            folder,
            Path.Combine(address.Option("wal") ?? Path.Combine(root, "wal"), name),
            Path.Combine(address.Option("meta") ?? Path.Combine(root, "meta"), "meta.db"));
    }

    /// <summary>What cannot be seen.</summary>
    public IEnumerable<string> Warnings()
    {
        if (!Directory.Exists(WalFolder))
            yield return $"The write-ahead log '{WalFolder}' does not exist: points that the server had not yet put into TSM files are missing.";
        if (Meta() is null)
            yield return $"The metadata '{MetaFile}' do not exist: retention policies and other settings are missing.";
    }

    /// <summary>The metadata; null when the file does not exist.</summary>
    /// <exception cref="TsBackupException">SourceFileDamaged.</exception>
    public MetaData? Meta()
    {
        if (_meta is not null || !File.Exists(MetaFile))
            return _meta;
        using var source = TsmSource.Open(MetaFile);
        if (source.Length > MaxMetaSize)
            throw FileErrors.Damaged(MetaFile, 0, $"metadata of {source.Length} bytes are too large");
        var data = new byte[source.Length];
        source.Read(0, data);
        try
        {
            return _meta = MetaReader.Read(data);
        }
        catch (TsmDamage damage)
        {
            throw FileErrors.Damaged(MetaFile, 0, damage.Message, damage);
        }
    }

    /// <summary>
    /// The shards in order. What the metadata say is deleted is left out; without metadata a policy's shards have no borders.
    /// </summary>
    /// <exception cref="TsBackupException">StoreNotFound, StorageAccessDenied, StorageReadFailed.</exception>
    public List<FilesShard> Shards()
    {
        if (!Directory.Exists(DatabaseFolder))
        {
            throw new TsBackupException(
                ErrorId.StoreNotFound, $"The folder '{DatabaseFolder}' does not exist.", DatabaseFolder, "Name the folder of a database below 'data'.");
        }
        var database = Meta()?.Find(Database);
        var windows = database?.Policies
            .SelectMany(policy => policy.ShardGroups.SelectMany(group => group.Shards.Select(id => (policy.Name, id, Group: group))))
            .ToDictionary(shard => (shard.Name, shard.id), shard => shard.Group);
        var shards = new List<FilesShard>();
        try
        {
            foreach (var policy in Directory.EnumerateDirectories(DatabaseFolder))
            {
                foreach (var folder in Directory.EnumerateDirectories(policy))
                    Add(Path.GetFileName(policy), folder, windows, shards);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Reading(DatabaseFolder, error);
        }
        shards.Sort(static (a, b) => (a.Policy, a.Window.First, a.Folder).CompareTo((b.Policy, b.Window.First, b.Folder)));
        return shards;
    }

    private void Add(string policy, string folder, Dictionary<(string, ulong), MetaShardGroup>? windows, List<FilesShard> shards)
    {
        if (!ulong.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            return;
        var window = TimeRange.All;
        if (windows is not null)
        {
            if (!windows.TryGetValue((policy, id), out var group) || group.IsDeleted)
                return;
            window = group.Window;
        }
        shards.Add(new FilesShard(policy, id, window, folder, Path.Combine(WalFolder, policy, Path.GetFileName(folder))));
    }
}
