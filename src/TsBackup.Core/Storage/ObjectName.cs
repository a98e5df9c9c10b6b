using TsBackup.Errors;

namespace TsBackup.Storage;

/// <summary>
/// Rules for names of objects: parts of <c>a-z A-Z 0-9 . _ -</c> joined by single slashes, no part starting with a dot, at most
/// 200 characters. That fits every file system and object store, and leaves no way to say "up" or "root".
/// </summary>
public static class ObjectName
{
    /// <summary>Longest name.</summary>
    public const int MaxLength = 200;

    /// <summary>True when the name keeps the rules.</summary>
    public static bool IsValid(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > MaxLength || name[^1] == '/')
            return false;
        var previous = '/';
        foreach (var c in name)
        {
            var allowed = c switch
            {
                '/' or '.' => previous != '/',
                _ => char.IsAsciiLetterOrDigit(c) || c is '_' or '-',
            };
            if (!allowed)
                return false;
            previous = c;
        }
        return true;
    }

    /// <summary>Refuses a name that breaks the rules.</summary>
    /// <exception cref="TsBackupException">ObjectNameInvalid.</exception>
    public static void Check(string? name)
    {
        if (!IsValid(name))
            throw Invalid(name);
    }

    /// <summary>Refuses a prefix that is neither empty nor a name with a slash at its end.</summary>
    /// <exception cref="TsBackupException">ObjectNameInvalid.</exception>
    public static void CheckPrefix(string prefix)
    {
        if (prefix.Length > 0 && (prefix[^1] != '/' || !IsValid(prefix[..^1])))
            throw Invalid(prefix);
    }

    private static TsBackupException Invalid(string? name) => new(
        ErrorId.ObjectNameInvalid,
        $"'{name}' is not a name of an object.",
        name,
        "Names have parts of letters, digits, '.', '_' and '-' joined by '/'; no part starts with a dot.");
}
