namespace TsBackup.Errors;

/// <summary>
/// The only exception that leaves Core. The message is one sentence that names the object and the fact; advice is in
/// <see cref="Hint"/>. Neither ever holds a secret.
/// </summary>
public sealed class TsBackupException : Exception
{
    /// <summary>Makes an error.</summary>
    /// <param name="id">The stable id.</param>
    /// <param name="message">One sentence with a full stop: the object and the fact.</param>
    /// <param name="target">Name of the object concerned (store, table, object name), without secrets.</param>
    /// <param name="hint">What the user can do about it.</param>
    /// <param name="inner">The cause.</param>
    public TsBackupException(ErrorId id, string message, string? target = null, string? hint = null, Exception? inner = null)
        : base(message, inner)
    {
        Id = id;
        Target = target;
        Hint = hint;
    }

    /// <summary>The stable id.</summary>
    public ErrorId Id { get; }

    /// <summary>The family of the error.</summary>
    public ErrorKind Kind => ErrorCatalog.KindOf(Id);

    /// <summary>True when another try may help.</summary>
    public bool IsTransient => ErrorCatalog.IsTransient(Id);

    /// <summary>Name of the object concerned; never a secret.</summary>
    public string? Target { get; }

    /// <summary>What the user can do about it.</summary>
    public string? Hint { get; }
}
