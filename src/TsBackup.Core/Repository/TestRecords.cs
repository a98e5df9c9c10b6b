using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>
/// Results of tests, kept in the repository so that a later test can go on where the last stopped. Keeping needs a key (also one that may
/// only write), so that nobody else can make damage look tested.
/// </summary>
public sealed class TestRecords
{
    private readonly ObjectStore _store;

    internal TestRecords(ObjectStore store) => _store = store;

    /// <summary>Keeps results as one object.</summary>
    /// <exception cref="TsBackupException">PassphraseMissing without a key; the errors of storage.</exception>
    public async Task KeepAsync(IReadOnlyCollection<TestRecord> records, CancellationToken ct)
    {
        if (records.Count == 0)
            return;
        var fields = new FieldWriter();
        foreach (var record in records)
            fields.Bytes(1, record.Encode());
        await _store.PutAsync(
            ObjectKind.Result, ObjectNames.Results + ObjectNames.NewId(), default, fields.Written, ct).ConfigureAwait(false);
    }

    /// <summary>
    /// The newest result of each level, subject and extent, so that no sample hides a whole test. Results that cannot be read count as not
    /// there.
    /// </summary>
    public async Task<IReadOnlyList<TestRecord>> ListAsync(CancellationToken ct)
    {
        Dictionary<(string, string, TestExtent), TestRecord> newest = [];
        foreach (var name in await _store.ListNamesAsync(ObjectNames.Results, ct).ConfigureAwait(false))
        {
            foreach (var record in await ReadAsync(name, ct).ConfigureAwait(false))
            {
                var key = (record.Level, record.Subject, record.Extent);
                if (!newest.TryGetValue(key, out var other) || other.Time < record.Time)
                    newest[key] = record;
            }
        }
        return [.. newest.Values.OrderBy(record => record.Time)];
    }

    /// <summary>Puts all results that are newest into one object and deletes the others.</summary>
    public async Task MergeAsync(CancellationToken ct)
    {
        var names = await _store.ListNamesAsync(ObjectNames.Results, ct).ConfigureAwait(false);
        if (names.Count < 2)
            return;
        await KeepAsync(await ListAsync(ct).ConfigureAwait(false), ct).ConfigureAwait(false);
        foreach (var name in names)
            await _store.Storage.DeleteAsync(name, ct).ConfigureAwait(false);
    }

    private async Task<List<TestRecord>> ReadAsync(string name, CancellationToken ct)
    {
        List<TestRecord> records = [];
        try
        {
            if (await _store.TryReadAsync(ObjectKind.Result, name, ct).ConfigureAwait(false) is not { } frame)
                return records;
            var reader = new FieldReader(_store.Open(frame));
            while (reader.Next())
            {
                if (reader.Tag == 1)
                    records.Add(TestRecord.Decode(reader.Value));
            }
        }
        catch (Exception failure) when (failure is FormatException or TsBackupException { Id: ErrorId.RecordDamaged })
        {
            // What was tested is tested again; the Stored check tells of the damage.
            records.Clear();
        }
        return records;
    }
}
