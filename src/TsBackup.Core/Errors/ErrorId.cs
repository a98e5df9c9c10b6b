namespace TsBackup.Errors;

#pragma warning disable CS1591 // Each id is documented in about_TsBackup_Errors; a test compares the two lists.

/// <summary>
/// The stable ids of every error this product reports. Scripts rely on them: ids are added, never renamed or reused.
/// Meaning and advice per id: about_TsBackup_Errors.
/// </summary>
public enum ErrorId
{
    // NotFound
    RepositoryNotFound,
    VersionNotFound,
    StoreNotFound,
    TableNotFound,
    ObjectNotFound,
    BlockNotFound,
    KeySlotNotFound,
    ConnectorNotFound,
    FileNotFound,

    // AlreadyExists
    RepositoryExists,
    TargetExists,
    ObjectExists,
    KeySlotExists,

    // InvalidInput
    ArgumentInvalid,
    StoreUriInvalid,
    RepositoryUriInvalid,
    TimeInvalid,
    TimeRangeInvalid,
    VersionAmbiguous,
    FilterInvalid,
    RenameInvalid,
    ScopeEmpty,
    LineProtocolInvalid,
    ObjectNameInvalid,

    // Authentication
    PassphraseMissing,
    RepositoryKeyWrong,
    StoreCredentialRejected,
    StoreReplySignatureInvalid,

    // Permission
    StoreAccessDenied,
    StorageAccessDenied,
    KeySlotLast,
    KeyCannotRead,
    VersionProtected,

    // Damaged
    ConfigDamaged,
    KeyDamaged,
    KeyCostExcessive,
    PackDamaged,
    IndexDamaged,
    VersionDamaged,
    BlockDamaged,
    DigestMismatch,
    RepositoryRolledBack,
    RecordDamaged,
    SourceFileDamaged,

    // Version
    RepositoryVersionUnsupported,
    EncodingUnknown,

    // Unsupported
    CapabilityMissing,
    ColumnTypeUnsupported,
    SettingUnsupported,

    // Connection
    StoreUnreachable,
    StoreConnectionLost,

    // Timeout
    StoreTimeout,

    // Protocol
    StoreReplyInvalid,
    StoreReplyTruncated,
    StoreReplyPartial,
    StoreQueryFailed,
    StoreWriteRejected,
    StoreChanged,

    // Busy
    StoreThrottled,
    StoreBusy,
    RepositoryBusy,

    // StorageRead
    StorageReadFailed,

    // StorageWrite
    StorageWriteFailed,
    StorageFull,
    StorageReadOnly,

    // Partial
    BackupIncomplete,
    RestoreIncomplete,
    VersionIncomplete,
    VerificationFailed,

    // Internal
    InternalError,
}
