using TsBackup.Errors;
using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;

namespace TsBackup.Connectors.Tablestore;

/// <summary>An error as the service reported it: the cause within a <see cref="TsBackupException"/>.</summary>
internal sealed class ServiceErrorException(string code, string text) : Exception($"{code}: {text}")
{
    /// <summary>The service's code.</summary>
    public string Code { get; } = code;

    /// <summary>The service's words.</summary>
    public string Text { get; } = text;
}

/// <summary>Turns what the service says into the errors of this product.</summary>
internal static class TablestoreErrors
{
    /// <summary>The service's code behind an error; null when it came from elsewhere.</summary>
    public static string? CodeOf(TsBackupException error) => (error.InnerException as ServiceErrorException)?.Code;

    /// <summary>The error for a reply without success.</summary>
    /// <param name="operation">What was asked for.</param>
    /// <param name="table">The table concerned; null for none.</param>
    /// <param name="store">The store.</param>
    /// <param name="error">What the service said.</param>
    /// <param name="skew">Service's clock minus ours.</param>
    public static TsBackupException From(string operation, string? table, StoreAddress store, ErrorMessage error, TimeSpan skew)
    {
        var code = error.Code!;
        var text = error.Text ?? "";
        var cause = new ServiceErrorException(code, text);
        var what = table is null ? store.ToString() : $"Table '{table}' of {store}";
        var target = table ?? store.ToString();
        var said = text.Length == 0 ? $" ({code})." : $" ({code}: {text.TrimEnd('.')}).";
        return code switch
        {
            ErrorCodes.AuthFailed => new(
                ErrorId.StoreCredentialRejected,
                $"{store} rejects the access key for {operation}{said}",
                store.ToString(),
                skew.Duration() > TimeSpan.FromMinutes(10)
                    ? $"This machine's clock is {skew.Duration().TotalMinutes:F0} minutes "
                        + $"{(skew > TimeSpan.Zero ? "behind" : "ahead of")} the service: set it right."
                    : "Check access key id, secret and, for temporary keys, the security token.",
                cause),
            ErrorCodes.NoPermission => new(
                ErrorId.StoreAccessDenied,
                $"{what} may not be used for {operation}{said}",
                target,
                $"Grant the access key the right {error.AccessDenied?.Action ?? "ots:" + operation}.",
                cause),
            ErrorCodes.ObjectNotExist => new(
                table is null ? ErrorId.StoreNotFound : ErrorId.TableNotFound,
                table is null ? $"{store} does not exist{said}" : $"{what} does not exist{said}",
                target,
                table is null ? "Check the instance name and the region in the address." : null,
                cause),
            ErrorCodes.ObjectAlreadyExist => new(ErrorId.TargetExists, $"{what} exists already{said}", target, inner: cause),
            ErrorCodes.MethodNotAllowed =>
                new(ErrorId.CapabilityMissing, $"{store} does not offer {operation}{said}", target, inner: cause),
            _ when ErrorCodes.IsThrottling(code, text) || code == ErrorCodes.TooFrequentAdjustment => new(
                ErrorId.StoreThrottled, $"{what} asks for less load{said}", target, "Try again later or with less parallelism.", cause),
            ErrorCodes.RowConflict or ErrorCodes.TableNotReady or ErrorCodes.PartitionUnavailable or ErrorCodes.ServerUnavailable => new(
                ErrorId.StoreBusy, $"{what} is not available at the moment{said}", target, inner: cause),
            ErrorCodes.Timeout or ErrorCodes.RequestTimeout => new(
                ErrorId.StoreTimeout, $"{what} did not finish {operation} in time{said}", target, inner: cause),
            _ => new(
                OperationNames.IsRead(operation) ? ErrorId.StoreQueryFailed : ErrorId.StoreWriteRejected,
                $"{what} refuses {operation}{said}",
                target,
                inner: cause),
        };
    }

    /// <summary>The error for bytes that break the protocol.</summary>
    public static TsBackupException From(TablestoreProtocolException defect, string what, StoreAddress store) => defect.Fault switch
    {
        ProtocolFault.ClockSkew => new(
            ErrorId.StoreReplySignatureInvalid,
            defect.Message,
            store.ToString(),
            "Set this machine's clock right.",
            defect),
        ProtocolFault.Signature or ProtocolFault.HeaderMissing => new(
            ErrorId.StoreReplySignatureInvalid,
            defect.Message,
            store.ToString(),
            "Somebody between may be changing replies; check proxies and the address.",
            defect),
        _ => new(ErrorId.StoreReplyInvalid, $"{what} came back damaged: {defect.Message}", store.ToString(), inner: defect),
    };
}
