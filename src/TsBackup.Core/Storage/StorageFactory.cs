using TsBackup.Errors;

namespace TsBackup.Storage;

/// <summary>Finds the storage that a path or URI names.</summary>
public static class StorageFactory
{
    /// <summary>Opens a storage. Nothing is read or created yet.</summary>
    /// <param name="pathOrUri">A path of a folder, or a <c>file://</c> URI.</param>
    /// <exception cref="TsBackupException">RepositoryUriInvalid when it is empty, malformed or of an unknown scheme.</exception>
    public static IStorage Open(string pathOrUri)
    {
        if (string.IsNullOrWhiteSpace(pathOrUri))
            throw Invalid(pathOrUri, "The repository has no path.");
        if (pathOrUri.Contains('\0', StringComparison.Ordinal))
            throw Invalid("", "The path of the repository holds a NUL character.");
        var colon = pathOrUri.IndexOf("://", StringComparison.Ordinal);
        if (colon < 0)
            return new LocalStorage(Path.GetFullPath(pathOrUri));
        var scheme = pathOrUri[..colon];
        if (!scheme.Equals("file", StringComparison.OrdinalIgnoreCase))
            throw Invalid(scheme, $"Repositories of the scheme '{scheme}' are not known.");
        if (!Uri.TryCreate(pathOrUri, UriKind.Absolute, out var uri)
            || uri.LocalPath.Length == 0 || uri.Query.Length + uri.Fragment.Length > 0)
            throw Invalid(scheme, "The URI of the repository is malformed.");
        return new LocalStorage(uri.LocalPath);
    }

    private static TsBackupException Invalid(string target, string fact) => new(
        ErrorId.RepositoryUriInvalid, fact, target, "Give the path of a folder, or a URI such as file:///var/backups/telemetry.");
}
