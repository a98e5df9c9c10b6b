using TsBackup.Errors;

namespace TsBackup.Connectors.Files;

/// <summary>Turns what the file system throws into this product's errors.</summary>
internal static class FileErrors
{
    private const int NoSpaceUnix = 28;
    private const int ReadOnlyUnix = 30;
    private const int QuotaUnix = 122;
    private const int HandleDiskFullWindows = unchecked((int)0x80070027);
    private const int DiskFullWindows = unchecked((int)0x80070070);
    private const int WriteProtectedWindows = unchecked((int)0x80070013);

    /// <summary>True for the exceptions that file access may throw.</summary>
    public static bool IsFileError(Exception error) => error is IOException or UnauthorizedAccessException or InvalidDataException;

    /// <summary>An error met while reading a file or folder of the store.</summary>
    public static TsBackupException Reading(Exception error, string path) => error switch
    {
        InvalidDataException => new TsBackupException(
            ErrorId.SourceFileDamaged,
            $"The file '{path}' cannot be unpacked: it is damaged or cut off.",
            path,
            "Bring the file back from where it came from, or remove it from the folder.",
            error),
        UnauthorizedAccessException => new TsBackupException(
            ErrorId.StoreAccessDenied, $"'{path}' may not be read.", path, "Give this user the right to read it.", error),
        DirectoryNotFoundException or FileNotFoundException => new TsBackupException(
            ErrorId.StoreChanged, $"'{path}' disappeared while it was to be read.", path, "Run the backup again.", error),
        _ => new TsBackupException(ErrorId.StorageReadFailed, $"Reading '{path}' failed: {error.Message}", path, null, error),
    };

    /// <summary>An error met while writing to the store's folder.</summary>
    public static TsBackupException Writing(Exception error, string path)
    {
        if (error is UnauthorizedAccessException)
        {
            return new TsBackupException(
                ErrorId.StorageAccessDenied, $"'{path}' may not be written.", path, "Give this user the right to write there.", error);
        }
        return error.HResult switch
        {
            NoSpaceUnix or QuotaUnix or DiskFullWindows or HandleDiskFullWindows => new TsBackupException(
                ErrorId.StorageFull, $"There is no space left to write '{path}'.", path, "Free space or choose another folder.", error),
            ReadOnlyUnix or WriteProtectedWindows => new TsBackupException(
                ErrorId.StorageReadOnly, $"'{path}' lies on a read-only file system.", path, "Choose another folder.", error),
            _ => new TsBackupException(ErrorId.StorageWriteFailed, $"Writing '{path}' failed: {error.Message}", path, null, error),
        };
    }
}
