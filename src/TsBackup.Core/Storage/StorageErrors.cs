using TsBackup.Errors;

namespace TsBackup.Storage;

/// <summary>Turns failures of the file system into the errors of the storage contract.</summary>
internal static class StorageErrors
{
    // errno values that Linux and macOS share; .NET hands them out as HResult there.
    private const int InputOutput = 5;
    private const int NoSpace = 28;
    private const int ReadOnlyFileSystem = 30;
    private const int QuotaLinux = 122;
    private const int QuotaMac = 69;

    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    private const int WindowsWriteProtect = unchecked((int)0x80070013);

    public static TsBackupException NotFound(string name, string location, Exception? inner = null) => new(
        ErrorId.ObjectNotFound, $"The object '{name}' is not in {location}.", name, inner: inner);

    public static TsBackupException Exists(string name, string location, Exception? inner = null) => new(
        ErrorId.ObjectExists, $"The object '{name}' is in {location} already.", name, inner: inner);

    public static TsBackupException OfWrite(Exception failure, string name, string location)
    {
        var id = failure is UnauthorizedAccessException ? ErrorId.StorageAccessDenied : failure.HResult switch
        {
            NoSpace or QuotaLinux or QuotaMac or WindowsDiskFull or WindowsHandleDiskFull => ErrorId.StorageFull,
            ReadOnlyFileSystem or WindowsWriteProtect => ErrorId.StorageReadOnly,
            _ => ErrorId.StorageWriteFailed,
        };
        var (fact, hint) = id switch
        {
            ErrorId.StorageAccessDenied => ("access was denied", "Give this account the right to write there."),
            ErrorId.StorageFull =>
                ("there is no space left", "Free space, or remove and compact versions, and run again; what is stored is reused."),
            ErrorId.StorageReadOnly => ("the file system is read-only", "Mount it for writing and run again."),
            _ => (failure.HResult == InputOutput ? "the device reported an error" : Describe(failure), "Check the device and run again."),
        };
        return new TsBackupException(id, $"Writing '{name}' in {location} failed: {fact}.", name, hint, failure);
    }

    public static TsBackupException OfRead(Exception failure, string name, string location) =>
        failure is UnauthorizedAccessException
            ? new TsBackupException(
                ErrorId.StorageAccessDenied,
                $"Reading '{name}' in {location} failed: access was denied.",
                name,
                "Give this account the right to read there.",
                failure)
            : new TsBackupException(
                ErrorId.StorageReadFailed,
                $"Reading '{name}' in {location} failed: {Describe(failure)}.",
                name,
                "Check the device and the path.",
                failure);

    private static string Describe(Exception failure) => failure.Message.TrimEnd('.');
}
