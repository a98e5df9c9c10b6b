using System.Globalization;
using TsBackup.Errors;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>The errors of a store's files, worded alike.</summary>
internal static class FileErrors
{
    /// <summary>A file does not hold what its format demands.</summary>
    public static TsBackupException Damaged(string file, long offset, string fact, Exception? inner = null) => new(
        ErrorId.SourceFileDamaged,
        string.Create(CultureInfo.InvariantCulture, $"The file '{file}' is damaged at offset {offset}: {fact}."),
        file,
        "Compare with another copy of the data folder; rows outside this shard can still be backed up.",
        inner);

    /// <summary>A file cannot be opened or read.</summary>
    public static TsBackupException Reading(string file, Exception error) => error switch
    {
        FileNotFoundException or DirectoryNotFoundException => new TsBackupException(
            ErrorId.FileNotFound, $"'{file}' does not exist.", file, inner: error),
        UnauthorizedAccessException => new TsBackupException(
            ErrorId.StorageAccessDenied, $"'{file}' may not be read.", file, "Run as the account that owns the data folder.", error),
        _ => new TsBackupException(ErrorId.StorageReadFailed, $"Reading '{file}' failed: {error.Message}", file, inner: error),
    };
}
