using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>The sessions that were there after a mark was: an object beside the mark, written once.</summary>
internal sealed record SeenSessions(DateTimeOffset Time, IReadOnlyList<string> Names)
{
    private const string Suffix = ".seen";

    public static string NameOf(SweepMark mark) => NameOf(mark.Name);

    public static string NameOf(string mark) => mark + Suffix;

    public static bool IsName(string name) => name.EndsWith(Suffix, StringComparison.Ordinal);

    /// <summary>Reads them; writes them first when nobody did. Of several who write, all go by the first.</summary>
    public static async Task<SeenSessions> GetAsync(ObjectStore store, SweepMark mark, CancellationToken ct)
    {
        if (await FindAsync(store, mark, ct).ConfigureAwait(false) is { } known)
            return known;
        var now = new SeenSessions(store.Clock.GetUtcNow(), await ListAsync(store, ct).ConfigureAwait(false));
        var fields = new FieldWriter().Time(1, now.Time);
        foreach (var name in now.Names)
            fields.Text(2, name);
        try
        {
            await store.PutAsync(ObjectKind.Mark, NameOf(mark), fields.Written, default, ct).ConfigureAwait(false);
            return now;
        }
        catch (TsBackupException failure) when (failure.Id == ErrorId.ObjectExists)
        {
            // Another compaction came first; when it is done already and the object gone, what was seen here holds as well.
            return await FindAsync(store, mark, ct).ConfigureAwait(false) ?? now;
        }
    }

    public static Task<List<string>> ListAsync(ObjectStore store, CancellationToken ct) => store.ListNamesAsync(ObjectNames.Sessions, ct);

    private static async Task<SeenSessions?> FindAsync(ObjectStore store, SweepMark mark, CancellationToken ct)
    {
        if (await store.TryReadAsync(ObjectKind.Mark, NameOf(mark), ct).ConfigureAwait(false) is not { } frame)
            return null;
        store.Open(frame);
        return Decode(frame);
    }

    private static SeenSessions Decode(ObjectFrame frame)
    {
        try
        {
            DateTimeOffset time = default;
            List<string> names = [];
            var reader = new FieldReader(frame.Public);
            while (reader.Next())
            {
                if (reader.Tag == 1)
                    time = reader.Time;
                else if (reader.Tag == 2)
                    names.Add(reader.Text);
            }
            return new SeenSessions(time, names);
        }
        catch (FormatException failure)
        {
            throw RepositoryErrors.Damaged(ObjectKind.Mark, frame.Name, failure.Message, failure);
        }
    }
}
