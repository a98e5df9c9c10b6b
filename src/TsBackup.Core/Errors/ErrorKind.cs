namespace TsBackup.Errors;

/// <summary>The family an error belongs to; callers map it to exit codes and PowerShell error categories.</summary>
public enum ErrorKind
{
    /// <summary>Something that was named does not exist.</summary>
    NotFound,

    /// <summary>Something exists that must not.</summary>
    AlreadyExists,

    /// <summary>A parameter, URI or file of the user's is malformed.</summary>
    InvalidInput,

    /// <summary>A secret is missing or was not accepted.</summary>
    Authentication,

    /// <summary>The secret was accepted, the action is not allowed.</summary>
    Permission,

    /// <summary>Stored bytes are not what was written.</summary>
    Damaged,

    /// <summary>Data of a newer format than this build understands.</summary>
    Version,

    /// <summary>The store or the build cannot do this.</summary>
    Unsupported,

    /// <summary>A connection could not be made or broke.</summary>
    Connection,

    /// <summary>No answer within the time allowed.</summary>
    Timeout,

    /// <summary>A server answered, and the answer is not usable.</summary>
    Protocol,

    /// <summary>Somebody else is using it, or the server asks for less load.</summary>
    Busy,

    /// <summary>Reading from storage failed.</summary>
    StorageRead,

    /// <summary>Writing to storage failed.</summary>
    StorageWrite,

    /// <summary>The work ended with a part missing.</summary>
    Partial,

    /// <summary>A defect of this program.</summary>
    Internal,
}
