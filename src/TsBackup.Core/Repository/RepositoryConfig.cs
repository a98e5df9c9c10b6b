using TsBackup.Errors;
using TsBackup.Storage;

namespace TsBackup.Repository;

/// <summary>The first object of a repository: its id and format.</summary>
internal sealed record RepositoryConfig(RepositoryId Id, int Format, DateTimeOffset Created)
{
    public const int CurrentFormat = 1;

    public static async Task<RepositoryConfig> CreateAsync(IStorage storage, DateTimeOffset created, CancellationToken ct)
    {
        if (await HoldsObjectsAsync(storage, ct).ConfigureAwait(false))
        {
            throw new TsBackupException(
                ErrorId.RepositoryExists,
                $"There is a repository in {storage.Location} already, or what is left of one.",
                storage.Location,
                "Use it, repair it, or choose another place.");
        }
        var config = new RepositoryConfig(RepositoryId.New(), CurrentFormat, created);
        await config.PutAsync(storage, ct).ConfigureAwait(false);
        return config;
    }

    /// <summary>What the config says or said, by the objects beside it: each carries the id of the repository.</summary>
    /// <exception cref="TsBackupException">ConfigDamaged when nothing is left that says it.</exception>
    public static async Task<RepositoryConfig> DeduceAsync(IStorage storage, CancellationToken ct)
    {
        Dictionary<RepositoryId, int> votes = [];
        DateTimeOffset? created = null;
        foreach (var prefix in new[] { ObjectNames.Slots, ObjectNames.Grants, ObjectNames.Log })
        {
            await foreach (var found in storage.ListAsync(prefix, ct).ConfigureAwait(false))
            {
                if (await TryReadAsync(storage, found.Name, ct).ConfigureAwait(false) is not { } frame)
                    continue;
                votes[frame.Repository] = votes.GetValueOrDefault(frame.Repository) + 1;
                if (found.Name == ObjectNames.LogEntry(1))
                    created = LogEntry.Decode(frame, 1).Time;
            }
        }
        if (votes.Count == 0)
            throw RepositoryErrors.Damaged(ObjectKind.Config, ObjectNames.Config, "nothing is left that says what it held");
        return new RepositoryConfig(votes.MaxBy(vote => vote.Value).Key, CurrentFormat, created ?? DateTimeOffset.UnixEpoch);
    }

    /// <summary>Stores it in the place of one that is damaged or gone.</summary>
    public async Task ReplaceAsync(IStorage storage, CancellationToken ct)
    {
        await storage.DeleteAsync(ObjectNames.Config, ct).ConfigureAwait(false);
        await PutAsync(storage, ct).ConfigureAwait(false);
    }

    public static async Task<RepositoryConfig> ReadAsync(IStorage storage, CancellationToken ct)
    {
        try
        {
            var head = new byte[ObjectFrame.HeaderSize];
            var length = await storage.ReadAsync(ObjectNames.Config, 0, head, ct).ConfigureAwait(false);
            if (length == head.Length && head.AsSpan(0, 4).SequenceEqual("TSBK"u8) && head[4] > ObjectFrame.Format)
                throw Newer(head[4], storage.Location);
            return Decode(
                await ObjectStore.ReadFrameAsync(
                    storage, ObjectKind.Config, ObjectNames.Config, ct).ConfigureAwait(false), storage.Location);
        }
        catch (TsBackupException failure) when (failure.Id == ErrorId.ObjectNotFound)
        {
            if (await HoldsObjectsAsync(storage, ct).ConfigureAwait(false))
                throw RepositoryErrors.Damaged(ObjectKind.Config, ObjectNames.Config, "it is missing", failure);
            throw new TsBackupException(
                ErrorId.RepositoryNotFound,
                $"There is no repository in {storage.Location}.",
                storage.Location,
                "Check the path, or create the repository first.",
                failure);
        }
    }

    private Task PutAsync(IStorage storage, CancellationToken ct)
    {
        var fields = new FieldWriter().Number(1, Format).Time(2, Created);
        var bytes = ObjectFrame.Encode(ObjectKind.Config, ObjectNames.Config, Id, 0, fields.Written.Span, default, null);
        return storage.PutAsync(ObjectNames.Config, bytes, ct);
    }

    private static async Task<bool> HoldsObjectsAsync(IStorage storage, CancellationToken ct)
    {
        foreach (var prefix in new[] { ObjectNames.Slots, ObjectNames.Log, ObjectNames.Packs })
        {
            await foreach (var found in storage.ListAsync(prefix, ct).ConfigureAwait(false))
            {
                if (ObjectNames.KindOf(found.Name) is not null)
                    return true;
            }
        }
        return false;
    }

    private static async Task<ObjectFrame?> TryReadAsync(IStorage storage, string name, CancellationToken ct)
    {
        try
        {
            return await ObjectStore.ReadFrameAsync(storage, ObjectNames.KindOf(name)!.Value, name, ct).ConfigureAwait(false);
        }
        catch (TsBackupException failure) when (failure.Kind is ErrorKind.Damaged or ErrorKind.NotFound)
        {
            // The others say the same.
            return null;
        }
    }

    private static RepositoryConfig Decode(ObjectFrame frame, string location)
    {
        try
        {
            long format = 0;
            DateTimeOffset created = default;
            var reader = new FieldReader(frame.Public);
            while (reader.Next())
            {
                if (reader.Tag == 1)
                    format = reader.Number;
                else if (reader.Tag == 2)
                    created = reader.Time;
            }
            if (format > CurrentFormat)
                throw Newer(format, location);
            return format == CurrentFormat
                ? new RepositoryConfig(frame.Repository, (int)format, created)
                : throw new FormatException($"its format is {format}");
        }
        catch (FormatException failure)
        {
            throw RepositoryErrors.Damaged(ObjectKind.Config, frame.Name, failure.Message, failure);
        }
    }

    private static TsBackupException Newer(long format, string location) => new(
        ErrorId.RepositoryVersionUnsupported,
        $"The repository in {location} is of format {format}; this build reads formats up to {CurrentFormat}.",
        location,
        "Use a newer version of TsBackup.");
}
