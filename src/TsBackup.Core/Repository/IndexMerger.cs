namespace TsBackup.Repository;

/// <summary>Replaces index objects that cover swept packs, and merges small ones when there are many.</summary>
internal sealed class IndexMerger(BlockRepository repository)
{
    private const int ManyIndexes = 64;
    private const int SmallIndex = 4 << 20;
    private const int PacksPerObject = 16_384;

    /// <summary>Writes the merged objects; the caller logs them and deletes those they replace.</summary>
    public async Task<(List<LogEvent> Added, List<string> Replaced)> RunAsync(IReadOnlySet<PackId> swept, CancellationToken ct)
    {
        List<string> replaced = [];
        HashSet<int> kept = [];
        var names = await repository.Store.ListNamesAsync(ObjectNames.Indexes, ct).ConfigureAwait(false);
        var loaded = repository.Loader.Loaded.ToHashSet(StringComparer.Ordinal);
        foreach (var name in names.Where(loaded.Contains))
        {
            if (await repository.Store.TryReadAsync(ObjectKind.Index, name, ct).ConfigureAwait(false) is not { } frame)
                continue;
            var packs = IndexObject.ReadPacks(frame);
            var isSmall = names.Count > ManyIndexes && frame.Length < SmallIndex;
            if (!isSmall && !packs.Exists(pack => swept.Contains(pack.Id)))
                continue;
            replaced.Add(name);
            kept.UnionWith(packs.Where(pack => !swept.Contains(pack.Id)).Select(pack => repository.Index.NumberOf(pack.Id)));
        }
        List<LogEvent> added = [];
        foreach (var part in kept.Order().Chunk(PacksPerObject))
        {
            var (name, frame) = await IndexWriter.WriteAsync(repository, part.ToHashSet(), ct).ConfigureAwait(false);
            added.Add(new LogEvent(LogAction.Added, name, Convert.ToHexStringLower(frame.Checksum)));
        }
        return (added, replaced);
    }
}
