namespace TsBackup.Tablestore.Protocol;

#pragma warning disable CS1591 // The names are the protocol's own.

/// <summary>Codes of the service's errors. Only the code counts; its HTTP status varies.</summary>
internal static class ErrorCodes
{
    public const string AuthFailed = "OTSAuthFailed";
    public const string NoPermission = "OTSNoPermissionAccess";
    public const string ParameterInvalid = "OTSParameterInvalid";
    public const string InvalidPrimaryKey = "OTSInvalidPK";
    public const string TooManyColumns = "OTSOutOfColumnCountLimit";
    public const string RowTooLarge = "OTSOutOfRowSizeLimit";
    public const string ConditionFailed = "OTSConditionCheckFail";
    public const string MethodNotAllowed = "OTSMethodNotAllowed";
    public const string ObjectNotExist = "OTSObjectNotExist";
    public const string ObjectAlreadyExist = "OTSObjectAlreadyExist";
    public const string RequestTimeout = "OTSRequestTimeout";
    public const string RowConflict = "OTSRowOperationConflict";
    public const string BodyTooLarge = "OTSRequestBodyTooLarge";
    public const string QuotaExhausted = "OTSQuotaExhausted";
    public const string NotEnoughCapacity = "OTSNotEnoughCapacityUnit";
    public const string TooFrequentAdjustment = "OTSTooFrequentReservedThroughputAdjustment";
    public const string TableNotReady = "OTSTableNotReady";
    public const string PartitionUnavailable = "OTSPartitionUnavailable";
    public const string ServerBusy = "OTSServerBusy";
    public const string ServerUnavailable = "OTSServerUnavailable";
    public const string Timeout = "OTSTimeout";
    public const string InternalError = "OTSInternalServerError";
    public const string Throttled = "OTSOperationThrottled";
    public const string CapacityExhausted = "OTSCapacityUnitExhausted";

    /// <summary>Message of <see cref="QuotaExhausted"/> when it only means "slower".</summary>
    public const string TooFrequentMessage = "Too frequent table operations.";

    /// <summary>True when the service asks for less load.</summary>
    public static bool IsThrottling(string code, string? message) =>
        code is NotEnoughCapacity or ServerBusy or Throttled or CapacityExhausted || (code == QuotaExhausted && message == TooFrequentMessage);

    /// <summary>True when the request was certainly not carried out and another try may help, whatever the operation.</summary>
    public static bool IsRetriable(string code, string? message) =>
        IsThrottling(code, message) || code is RowConflict or TableNotReady or PartitionUnavailable;

    /// <summary>True when the request may or may not have been carried out: only what can be repeated without harm is tried again.</summary>
    public static bool IsAmbiguous(string code) => code is Timeout or InternalError or ServerUnavailable or RequestTimeout;
}
