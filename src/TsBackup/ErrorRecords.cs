using System.Management.Automation;
using TsBackup.Errors;

namespace TsBackup;

/// <summary>Makes every error record of the module. PowerShell adds the type of the cmdlet to the id.</summary>
internal static class ErrorRecords
{
    /// <summary>The record of an exception; what is no <see cref="TsBackupException"/> is a defect and becomes InternalError.</summary>
    public static ErrorRecord From(Exception exception)
    {
        var error = exception as TsBackupException ?? new TsBackupException(
            ErrorId.InternalError,
            $"An unexpected error has occurred: {exception.Message}",
            hint: "This is a defect of TsBackup; please report it with the output of Get-Error.",
            inner: exception);
        var record = new ErrorRecord(error, error.Id.ToString(), CategoryOf(error.Kind), error.Target);
        if (error.Hint is { } hint)
            record.ErrorDetails = new ErrorDetails(error.Message) { RecommendedAction = hint };
        return record;
    }

    /// <summary>PowerShell's category of a kind of error.</summary>
    public static ErrorCategory CategoryOf(ErrorKind kind) => kind switch
    {
        ErrorKind.NotFound => ErrorCategory.ObjectNotFound,
        ErrorKind.AlreadyExists => ErrorCategory.ResourceExists,
        ErrorKind.InvalidInput => ErrorCategory.InvalidArgument,
        ErrorKind.Authentication => ErrorCategory.AuthenticationError,
        ErrorKind.Permission => ErrorCategory.PermissionDenied,
        ErrorKind.Damaged => ErrorCategory.InvalidData,
        ErrorKind.Version or ErrorKind.Unsupported => ErrorCategory.NotImplemented,
        ErrorKind.Connection => ErrorCategory.ConnectionError,
        ErrorKind.Timeout => ErrorCategory.OperationTimeout,
        ErrorKind.Protocol => ErrorCategory.ProtocolError,
        ErrorKind.Busy => ErrorCategory.ResourceBusy,
        ErrorKind.StorageRead => ErrorCategory.ReadError,
        ErrorKind.StorageWrite => ErrorCategory.WriteError,
        ErrorKind.Partial => ErrorCategory.InvalidResult,
        _ => ErrorCategory.NotSpecified,
    };
}
