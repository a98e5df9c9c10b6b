using System.Runtime.InteropServices;
using System.Security;
using TsBackup.Errors;
using TsBackup.Repository;

namespace TsBackup.Binding;

/// <summary>The passphrase of repositories, from whichever place the user keeps it: never a plain argument.</summary>
internal sealed class RepositorySecret : IDisposable
{
    /// <summary>Variable of the environment that holds the passphrase when no parameter does.</summary>
    public const string Variable = "TSBACKUP_PASSPHRASE";

    private readonly char[] _passphrase;

    private RepositorySecret(char[] passphrase) => _passphrase = passphrase;

    /// <summary>Finds the passphrase: parameter, file, environment, and at last the person at the keyboard.</summary>
    /// <exception cref="TsBackupException">PassphraseMissing, FileNotFound, StorageAccessDenied, ArgumentInvalid.</exception>
    public static RepositorySecret Find(SecureString? given, string? file, Func<string, string> resolve, SecretPrompt? prompt, bool confirm)
    {
        if (given is not null && file is not null)
            throw new TsBackupException(
                ErrorId.ArgumentInvalid, "Both a passphrase and a file with a passphrase are given.", hint: "Give one of them.");
        if (given is not null)
            return Of(given);
        if (file is not null)
            return new RepositorySecret(Read(resolve(file)));
        return Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } value
            ? new RepositorySecret(value.ToCharArray())
            : Of((prompt ?? throw SecretPrompt.Missing(null)).Ask(confirm));
    }

    /// <summary>The passphrase as a key; the caller disposes it.</summary>
    public KeySource ToKey() => KeySource.FromPassphrase(_passphrase);

    public void Dispose() => Array.Clear(_passphrase);

    private static RepositorySecret Of(SecureString secret)
    {
        if (secret.Length == 0)
            throw new TsBackupException(ErrorId.PassphraseMissing, "The passphrase is empty.");
        var pointer = Marshal.SecureStringToGlobalAllocUnicode(secret);
        try
        {
            var passphrase = new char[secret.Length];
            Marshal.Copy(pointer, passphrase, 0, passphrase.Length);
            return new RepositorySecret(passphrase);
        }
        finally
        {
            Marshal.ZeroFreeGlobalAllocUnicode(pointer);
        }
    }

    private static char[] Read(string path)
    {
        try
        {
            var text = File.ReadAllText(path).TrimEnd('\r', '\n');
            return text.Length > 0 ? text.ToCharArray() : throw new TsBackupException(ErrorId.PassphraseMissing, $"{path} is empty.", path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TsBackupException(
                ErrorId.FileNotFound, $"{path} does not exist.", path, "Give the file that holds the passphrase.", e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new TsBackupException(ErrorId.StorageAccessDenied, $"{path} cannot be read.", path, inner: e);
        }
    }
}
