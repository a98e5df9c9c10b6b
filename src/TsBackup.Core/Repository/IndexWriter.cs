namespace TsBackup.Repository;

/// <summary>Writes an index object of packs that are in memory.</summary>
internal static class IndexWriter
{
    public static async Task<(string Name, ObjectFrame Frame)> WriteAsync(
        BlockRepository repository, IReadOnlySet<int> packs, CancellationToken ct)
    {
        var entries = repository.Index.EntriesOf(packs);
        var (publicPart, secret) = IndexObject.Encode(packs.Order().Select(number =>
        {
            var pack = repository.Index.Pack(number);
            return (pack.Id, pack.Length, (IReadOnlyList<PackEntry>)entries[number]);
        }));
        var name = ObjectNames.Indexes + ObjectNames.NewId();
        var frame = await repository.Store.PutAsync(ObjectKind.Index, name, publicPart, secret, ct).ConfigureAwait(false);
        repository.Loader.NoteWritten(name);
        return (name, frame);
    }
}
