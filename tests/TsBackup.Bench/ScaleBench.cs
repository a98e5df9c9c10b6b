using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using TsBackup.Repository;
using TsBackup.Storage;

namespace TsBackup.Bench;

/// <summary>
/// Measures a repository of many versions and blocks. Indexes, versions and log are real objects in a folder; the packs that they tell
/// of do not exist, since neither opening nor listing reads a pack.
/// </summary>
internal static class ScaleBench
{
    private const int PacksPerVersion = 3;
    private const int StoredBlock = 100 << 10;

    public static async Task<int> RunAsync(string[] args)
    {
        var versions = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000;
        var blocks = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 5_000_000;
        var folder = Directory.CreateTempSubdirectory("tsbackup-scale-");
        try
        {
            using var key = KeySource.FromPassphrase("scale");
            var options = new RepositoryOptions { KeyIterations = 1000 };
            var watch = Stopwatch.StartNew();
            await using (var made = await BlockRepository.CreateAsync(StorageFactory.Open(folder.FullName), key, options, default))
                await GenerateAsync(made, versions, blocks / versions);
            Print("generated in", watch.Elapsed.TotalSeconds, "s");
            Print("objects", folder.GetFiles("*", SearchOption.AllDirectories).Length, "");
            Print("bytes of indexes", Bytes(folder, "index"), "");
            Print("bytes of versions", Bytes(folder, "versions"), "");
            Print("bytes of the log", Bytes(folder, "log"), "");
            await MeasureAsync(folder.FullName, key, options);
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task MeasureAsync(string folder, KeySource key, RepositoryOptions options)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var watch = Stopwatch.StartNew();
        await using var repository = await BlockRepository.OpenAsync(StorageFactory.Open(folder), key, options, default);
        Print("open", watch.Elapsed.TotalSeconds, "s");

        watch.Restart();
        var count = 0;
        await foreach (var version in repository.ListVersionsAsync(default))
            count++;
        Print($"list {count} versions", watch.Elapsed.TotalSeconds, "s");

        watch.Restart();
        await repository.LoadIndexAsync(default);
        Print("read all indexes", watch.Elapsed.TotalSeconds, "s");
        var held = GC.GetTotalMemory(forceFullCollection: true) - before;
        Print("blocks", repository.Index.Count, "");
        Print("index in memory, its own count", (double)repository.Index.MemoryBytes / repository.Index.Count, "bytes a block");
        Print("managed memory of the open repository", (double)held / repository.Index.Count, "bytes a block");
    }

    private static async Task GenerateAsync(BlockRepository repository, int versions, int blocksPerVersion)
    {
        var added = new LogEvent[versions][];
        await Parallel.ForEachAsync(Enumerable.Range(0, versions), async (number, token) =>
            added[number] = await PutVersionAsync(repository, number, blocksPerVersion, token).ConfigureAwait(false));
        var head = await repository.Log.GetHeadAsync(default).ConfigureAwait(false);
        foreach (var events in added)
            head = await repository.Log.AppendAsync(head, events, default).ConfigureAwait(false);
    }

    private static async Task<LogEvent[]> PutVersionAsync(BlockRepository repository, int number, int blocks, CancellationToken token)
    {
        var ids = Ids(blocks);
        var (covered, secret) = IndexObject.Encode(ids.Chunk((blocks + PacksPerVersion - 1) / PacksPerVersion).Select(pack =>
        {
            var around = PackLayout.HeaderSize + PackLayout.DirectorySize(pack.Length) + PackLayout.FooterSize;
            IReadOnlyList<PackEntry> entries = [.. pack.Select(id => new PackEntry(id, StoredBlock))];
            return (new PackId(pack[0].Prefix, pack[^1].Prefix), around + ((long)pack.Length * StoredBlock), entries);
        }));
        var index = ObjectNames.Indexes + ObjectNames.NewId();
        var indexFrame = await repository.Store.PutAsync(ObjectKind.Index, index, covered, secret, token).ConfigureAwait(false);
        var time = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddHours(number);
        var header = new VersionHeader
        {
            Id = VersionStore.NewId(time),
            Store = "influxdb://metrics.example:8086/telegraf",
            Kind = "influxdb",
            Started = time,
            Finished = time.AddMinutes(3),
            Cut = time,
            Tags = ["hourly"],
            Tables = 12,
            Slices = 400,
            Rows = 250_000_000,
            Points = 1_000_000_000,
            ScopeText = "all tables, all times, settings",
            ToolVersion = "0.1.0",
            Host = "backup.example",
            ContentBytes = 1000,
            References = blocks,
            ContentPieces = ids[..1],
            ReferencePieces = ids[1..4],
        };
        var name = ObjectNames.Version(header.Id);
        var encoded = VersionObject.Encode(header);
        var frame = await repository.Store.PutAsync(ObjectKind.Version, name, default, encoded, token).ConfigureAwait(false);
        return [Added(name, frame), Added(index, indexFrame)];
    }

    private static BlockId[] Ids(int count)
    {
        var bytes = RandomNumberGenerator.GetBytes(count * BlockId.Size);
        var ids = new BlockId[count];
        for (var i = 0; i < count; i++)
            ids[i] = new BlockId(bytes.AsSpan(i * BlockId.Size, BlockId.Size));
        return ids;
    }

    private static LogEvent Added(string name, ObjectFrame frame) => new(LogAction.Added, name, Convert.ToHexStringLower(frame.Checksum));

    private static long Bytes(DirectoryInfo folder, string name) =>
        new DirectoryInfo(Path.Combine(folder.FullName, name)).GetFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    private static void Print(string what, double figure, string unit) =>
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-40} {figure,16:#,##0.##} {unit}"));
}
