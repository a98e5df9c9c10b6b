namespace TsBackup.Errors;

/// <summary>Says of each <see cref="ErrorId"/> which kind it is and whether another try may help.</summary>
public static class ErrorCatalog
{
    /// <summary>The kind of an error id.</summary>
    public static ErrorKind KindOf(ErrorId id) => id switch
    {
        ErrorId.RepositoryNotFound or ErrorId.VersionNotFound or ErrorId.StoreNotFound or ErrorId.TableNotFound
            or ErrorId.ObjectNotFound or ErrorId.BlockNotFound or ErrorId.KeySlotNotFound or ErrorId.ConnectorNotFound
            or ErrorId.FileNotFound => ErrorKind.NotFound,
        ErrorId.RepositoryExists or ErrorId.TargetExists or ErrorId.ObjectExists or ErrorId.KeySlotExists => ErrorKind.AlreadyExists,
        ErrorId.ArgumentInvalid or ErrorId.StoreUriInvalid or ErrorId.RepositoryUriInvalid or ErrorId.TimeInvalid
            or ErrorId.TimeRangeInvalid or ErrorId.VersionAmbiguous or ErrorId.FilterInvalid or ErrorId.RenameInvalid
            or ErrorId.ScopeEmpty or ErrorId.LineProtocolInvalid or ErrorId.ObjectNameInvalid => ErrorKind.InvalidInput,
        ErrorId.PassphraseMissing or ErrorId.RepositoryKeyWrong or ErrorId.StoreCredentialRejected
            or ErrorId.StoreReplySignatureInvalid => ErrorKind.Authentication,
        ErrorId.StoreAccessDenied or ErrorId.StorageAccessDenied or ErrorId.KeySlotLast or ErrorId.KeyCannotRead
            or ErrorId.VersionProtected => ErrorKind.Permission,
        ErrorId.ConfigDamaged or ErrorId.KeyDamaged or ErrorId.KeyCostExcessive or ErrorId.PackDamaged or ErrorId.IndexDamaged
            or ErrorId.VersionDamaged or ErrorId.BlockDamaged or ErrorId.DigestMismatch or ErrorId.RepositoryRolledBack
            or ErrorId.RecordDamaged or ErrorId.SourceFileDamaged => ErrorKind.Damaged,
        ErrorId.RepositoryVersionUnsupported or ErrorId.EncodingUnknown => ErrorKind.Version,
        ErrorId.CapabilityMissing or ErrorId.ColumnTypeUnsupported or ErrorId.SettingUnsupported => ErrorKind.Unsupported,
        ErrorId.StoreUnreachable or ErrorId.StoreConnectionLost => ErrorKind.Connection,
        ErrorId.StoreTimeout => ErrorKind.Timeout,
        ErrorId.StoreReplyInvalid or ErrorId.StoreReplyTruncated or ErrorId.StoreReplyPartial or ErrorId.StoreQueryFailed
            or ErrorId.StoreWriteRejected or ErrorId.StoreChanged => ErrorKind.Protocol,
        ErrorId.StoreThrottled or ErrorId.StoreBusy or ErrorId.RepositoryBusy => ErrorKind.Busy,
        ErrorId.StorageReadFailed => ErrorKind.StorageRead,
        ErrorId.StorageWriteFailed or ErrorId.StorageFull or ErrorId.StorageReadOnly => ErrorKind.StorageWrite,
        ErrorId.BackupIncomplete or ErrorId.RestoreIncomplete or ErrorId.VersionIncomplete
            or ErrorId.VerificationFailed => ErrorKind.Partial,
        _ => ErrorKind.Internal,
    };

    /// <summary>True when the same call may succeed later without anybody changing anything.</summary>
    public static bool IsTransient(ErrorId id) => id is ErrorId.StoreUnreachable or ErrorId.StoreConnectionLost or ErrorId.StoreTimeout
        or ErrorId.StoreReplyTruncated or ErrorId.StoreThrottled or ErrorId.StoreBusy or ErrorId.RepositoryBusy;
}
