using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>The sessions that were there after a mark was: an object beside the mark, written once.</summary>
internal sealed record SeenSessions(DateTimeOffset Time, IReadOnlyList<string> Names)
{
    private const string Suffix = ".seen";

    public static string NameOf(SweepMark mark) => NameOf(mark.Name);

    public static string NameOf(string mark) => mark + Suffix;

    public static bool IsName(string name) => name.EndsWith(Suffix, StringComparison.Ordinal);

    /// <summary>Reads them; writes them first when nobody did. Null when another sweep is through with the mark meanwhile.</summary>
    public static async Task<SeenSessions?> GetAsync(ObjectStore store, SweepMark mark, CancellationToken ct)
    {
        while (true)
        {
            if (await store.TryReadAsync(ObjectKind.Mark, NameOf(mark), ct).ConfigureAwait(false) is { } frame)
            {
                store.Open(frame);
                return Decode(frame);
            }
            var now = new SeenSessions(store.Clock.GetUtcNow(), await ListAsync(store, ct).ConfigureAwait(false));
            if (!await TryPutAsync(store, mark, now, ct).ConfigureAwait(false))
                continue;
            if (await store.ExistsAsync(mark.Name, ct).ConfigureAwait(false))
                return now;
            await store.Storage.DeleteAsync(NameOf(mark), ct).ConfigureAwait(false);
            return null;
        }
    }

    /// <summary>Writes them; false when another compaction was first, whose list then counts.</summary>
    private static async Task<bool> TryPutAsync(ObjectStore store, SweepMark mark, SeenSessions seen, CancellationToken ct)
    {
        var fields = new FieldWriter().Time(1, seen.Time);
        foreach (var name in seen.Names)
            fields.Text(2, name);
        try
        {
            await store.PutAsync(ObjectKind.Mark, NameOf(mark), fields.Written, default, ct).ConfigureAwait(false);
            return true;
        }
        catch (TsBackupException failure) when (failure.Id == ErrorId.ObjectExists)
        {
            return false;
        }
    }

    public static Task<List<string>> ListAsync(ObjectStore store, CancellationToken ct) => store.ListNamesAsync(ObjectNames.Sessions, ct);

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
