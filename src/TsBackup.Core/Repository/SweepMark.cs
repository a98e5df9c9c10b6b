using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>
/// Marks packs that will be swept: runs that begin after it rely on none of its packs
/// (FORMAT.md section 13).
/// </summary>
internal sealed record SweepMark
{
    public string Name { get; init; } = "";

    public required DateTimeOffset Time { get; init; }

    /// <summary>Packs to be swept.</summary>
    public required IReadOnlyList<PackId> Packs { get; init; }

    public byte[] Encode()
    {
        var packs = new byte[Packs.Count * 16];
        for (var i = 0; i < Packs.Count; i++)
            Packs[i].Write(packs.AsSpan(i * PackId.Size));
        return new FieldWriter().Time(1, Time).Bytes(2, packs).ToArray();
    }

    public static async Task<List<SweepMark>> ReadAllAsync(ObjectStore store, CancellationToken ct)
    {
        List<SweepMark> marks = [];
        foreach (var name in await store.ListNamesAsync(ObjectNames.Marks, ct).ConfigureAwait(false))
        {
            if (SeenSessions.IsName(name))
                continue;
            if (await ReadAsync(store, name, ct).ConfigureAwait(false) is { } mark)
                marks.Add(mark);
        }
        return marks;
    }

    /// <summary>
    /// Reads the marks for a run whose session is there already. A damaged one of which nobody has listed the sessions yet, such as one
    /// that a crash tore, is left out: whoever could read it after all would list the session of this run and wait for it.
    /// </summary>
    public static async Task<List<SweepMark>> ReadForRunAsync(ObjectStore store, CancellationToken ct)
    {
        List<SweepMark> marks = [];
        foreach (var name in await store.ListNamesAsync(ObjectNames.Marks, ct).ConfigureAwait(false))
        {
            if (SeenSessions.IsName(name))
                continue;
            try
            {
                if (await ReadAsync(store, name, ct).ConfigureAwait(false) is { } mark)
                    marks.Add(mark);
            }
            catch (TsBackupException failure) when (failure.Id == ErrorId.RecordDamaged)
            {
                if (await store.ExistsAsync(SeenSessions.NameOf(name), ct).ConfigureAwait(false))
                    throw;
            }
        }
        return marks;
    }

    private static async Task<SweepMark?> ReadAsync(ObjectStore store, string name, CancellationToken ct)
    {
        if (await store.TryReadAsync(ObjectKind.Mark, name, ct).ConfigureAwait(false) is not { } frame)
            return null;
        store.Open(frame);
        return Decode(frame);
    }

    private static SweepMark Decode(ObjectFrame frame)
    {
        try
        {
            var mark = new SweepMark { Name = frame.Name, Time = default, Packs = [] };
            var reader = new FieldReader(frame.Public);
            while (reader.Next())
            {
                mark = reader.Tag switch
                {
                    1 => mark with { Time = reader.Time },
                    2 => mark with { Packs = Split(reader.Value) },
                    _ => mark,
                };
            }
            return mark;
        }
        catch (FormatException failure)
        {
            throw RepositoryErrors.Damaged(ObjectKind.Mark, frame.Name, failure.Message, failure);
        }
    }

    private static List<PackId> Split(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length % 16 != 0)
            throw new FormatException("its list of packs is cut");
        List<PackId> packs = new(bytes.Length / 16);
        for (var at = 0; at < bytes.Length; at += 16)
            packs.Add(PackId.Read(bytes[at..]));
        return packs;
    }
}
