using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>The files of one shard: TSM files with their tombstones, and the segments of its write-ahead log.</summary>
internal sealed class ShardFiles
{
    private readonly Func<string, TsmSource> _open;
    private readonly List<(string Name, string? Tombstone)> _tsm = [];
    private readonly List<string> _wal = [];

    private ShardFiles(Func<string, TsmSource> open) => _open = open;

    /// <summary>Number of TSM files.</summary>
    public int TsmCount => _tsm.Count;

    /// <summary>Sorts out names. Files that are none of a shard's (temporary ones, index folders) are left aside.</summary>
    /// <param name="names">All files there are.</param>
    /// <param name="walNames">Segments of the write-ahead log.</param>
    /// <param name="open">Opens one of the names; asked as often as the shard is read.</param>
    public static ShardFiles From(IEnumerable<string> names, IEnumerable<string> walNames, Func<string, TsmSource> open)
    {
        var shard = new ShardFiles(open);
        var all = names.ToArray();
        var tombstones = all.Where(name => name.EndsWith(".tombstone", StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
        var ordered = new List<(uint Generation, uint Sequence, string Name)>();
        foreach (var name in all)
        {
            if (TsmFile.TryParseName(name, out var order))
                ordered.Add((order.Generation, order.Sequence, name));
        }
        ordered.Sort();
        foreach (var (_, _, name) in ordered)
        {
            var tombstone = string.Concat(name.AsSpan(0, name.Length - 3), "tombstone");
            shard._tsm.Add((name, tombstones.Contains(tombstone) ? tombstone : null));
        }
        shard._wal.AddRange(walNames.Where(IsSegment).OrderBy(SegmentNumber));
        return shard;
    }

    /// <summary>The files of a shard's folder.</summary>
    /// <param name="folder">Folder with the TSM files.</param>
    /// <param name="walFolder">Folder with the segments; need not exist.</param>
    public static ShardFiles FromFolder(string folder, string? walFolder)
    {
        try
        {
            return From(
                Directory.EnumerateFiles(folder),
                walFolder is not null && Directory.Exists(walFolder) ? Directory.EnumerateFiles(walFolder) : [],
                TsmSource.Open);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Reading(folder, error);
        }
    }

    /// <summary>Opens all files for one pass, oldest first, the log last.</summary>
    /// <param name="remark">Takes what the user must be told.</param>
    public List<KeyStream> OpenStreams(Action<string>? remark)
    {
        var streams = new List<KeyStream>();
        try
        {
            foreach (var (name, tombstone) in _tsm)
            {
                var deleted = tombstone is null ? null : Tombstones.Read(_open(tombstone));
                streams.Add(new TsmKeyStream(TsmFile.Open(_open(name), deleted)));
            }
            if (_wal.Count > 0)
            {
                var wal = WalFile.Read(_wal.ConvertAll(name => _open(name)));
                if (wal.Remark.Length > 0)
                    remark?.Invoke(wal.Remark);
                streams.Add(new WalKeyStream(wal));
            }
            return streams;
        }
        catch
        {
            streams.ForEach(stream => stream.Dispose());
            throw;
        }
    }

    /// <summary>A hash over names, sizes and times of change of all files; equal means unchanged.</summary>
    public string Fingerprint()
    {
        var text = new StringBuilder();
        foreach (var name in _tsm.SelectMany(file => new[] { file.Name, file.Tombstone }).Concat(_wal))
        {
            if (name is null)
                continue;
            var info = new FileInfo(name);
            if (info.Exists)
            {
                text.Append(
                    CultureInfo.InvariantCulture, $"{Path.GetFileName(name)}\n{info.Length}\n{info.LastWriteTimeUtc.Ticks}\n");
            }
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>Bytes of all files.</summary>
    public long Size() => _tsm.Select(file => file.Name).Concat(_wal).Sum(name => new FileInfo(name) is { Exists: true } info ? info.Length : 0);

    private static bool IsSegment(string name)
    {
        var file = Path.GetFileName(name);
        return file.StartsWith('_') && file.EndsWith(".wal", StringComparison.Ordinal) && SegmentNumber(name) >= 0;
    }

    private static long SegmentNumber(string name) =>
        uint.TryParse(Path.GetFileName(name.AsSpan())[1..^4], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
}
