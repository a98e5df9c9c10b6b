using TsBackup.Errors;
using TsBackup.Storage;

namespace TsBackup.Repository;

/// <summary>The first object of a repository: its id and format.</summary>
internal sealed record RepositoryConfig(RepositoryId Id, int Format, DateTimeOffset Created)
{
    public const int CurrentFormat = 1;

    public static async Task<RepositoryConfig> CreateAsync(IStorage storage, DateTimeOffset created, CancellationToken ct)
    {
        var config = new RepositoryConfig(RepositoryId.New(), CurrentFormat, created);
        var fields = new FieldWriter().Number(1, config.Format).Time(2, created);
        var bytes = ObjectFrame.Encode(ObjectKind.Config, ObjectNames.Config, config.Id, 0, fields.Written.Span, default, null);
        await storage.PutAsync(ObjectNames.Config, bytes, ct).ConfigureAwait(false);
        return config;
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
                await ObjectStore.ReadFrameAsync(storage, ObjectKind.Config, ObjectNames.Config, ct).ConfigureAwait(false), storage.Location);
        }
        catch (TsBackupException failure) when (failure.Id == ErrorId.ObjectNotFound)
        {
            throw new TsBackupException(
                ErrorId.RepositoryNotFound,
                $"There is no repository in {storage.Location}.",
                storage.Location,
                "Check the path, or create the repository first.",
                failure);
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
