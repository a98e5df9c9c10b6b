using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>
/// Announces a run that writes. Compaction sweeps nothing that a run which began before the mark may rely on while its session
/// is there; a run whose session was taken away finds that out after storing its version, and takes the version back
/// (FORMAT.md section 13: either the sweeper sees the version, or the run sees that its session is gone).
/// </summary>
internal sealed class WriterSession
{
    private static readonly TimeSpan s_beat = TimeSpan.FromMinutes(5);

    private readonly ObjectStore _store;
    private readonly string _id = ObjectNames.NewId();
    private readonly SemaphoreSlim _gate = new(1);
    private int _number;
    private long _last;

    private WriterSession(ObjectStore store) => _store = store;

    private string Name => $"{ObjectNames.Sessions}{_id}.{_number}";

    public static async Task<WriterSession> StartAsync(ObjectStore store, CancellationToken ct)
    {
        var session = new WriterSession(store);
        await session.PutAsync(ct).ConfigureAwait(false);
        return session;
    }

    /// <summary>The part of a session's name that stays while it beats.</summary>
    public static string IdOf(string name) => ObjectNames.Leaf(name).Split('.')[0];

    /// <summary>Renews the announcement when it is some minutes old.</summary>
    public async Task BeatAsync(CancellationToken ct)
    {
        if (_store.Clock.GetElapsedTime(_last) < s_beat)
            return;
        await _gate.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (_store.Clock.GetElapsedTime(_last) < s_beat)
                return;
            var before = Name;
            _number++;
            await PutAsync(ct).ConfigureAwait(false);

            // Asked after the new name is there: had the old one been taken away before, the sweeper may not have seen the new one.
            if (!await _store.ExistsAsync(before, ct).ConfigureAwait(false))
                await EndAsync(ct).ConfigureAwait(false);
            await _store.Storage.DeleteAsync(before, ct).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Fails when somebody took the session away because it seemed dead.</summary>
    /// <exception cref="TsBackupException">RepositoryBusy.</exception>
    public async Task RequireAliveAsync(CancellationToken ct)
    {
        if (await _store.ExistsAsync(Name, ct).ConfigureAwait(false))
            return;
        throw new TsBackupException(
            ErrorId.RepositoryBusy,
            "The repository was compacted while this run gave no sign of life for a long time; its version was not committed.",
            Name,
            "Run the backup again: what it stored is reused.");
    }

    public Task EndAsync(CancellationToken ct) => _store.Storage.DeleteAsync(Name, ct);

    private async Task PutAsync(CancellationToken ct)
    {
        _last = _store.Clock.GetTimestamp();
        var fields = new FieldWriter().Time(1, _store.Clock.GetUtcNow()).Text(2, Environment.MachineName);
        var bytes = ObjectFrame.Encode(ObjectKind.Session, Name, _store.Id, 0, fields.Written.Span, default, null);
        await _store.Storage.PutAsync(Name, bytes, ct).ConfigureAwait(false);
    }
}
