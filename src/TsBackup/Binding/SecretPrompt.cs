using System.Management.Automation;
using System.Management.Automation.Host;
using System.Runtime.InteropServices;
using System.Security;
using TsBackup.Errors;

namespace TsBackup.Binding;

/// <summary>Asks the person at the keyboard for a passphrase, if there is one.</summary>
internal sealed class SecretPrompt(PSHost host)
{
    /// <summary>Asks once, or twice when a mistyped passphrase would lock everything away.</summary>
    /// <exception cref="TsBackupException">PassphraseMissing when nobody can be asked; ArgumentInvalid when the two differ.</exception>
    public SecureString Ask(bool confirm)
    {
        if (Console.IsInputRedirected || !Environment.UserInteractive)
            throw Missing(null);
        try
        {
            var passphrase = ReadLine("Passphrase of the repository: ");
            if (confirm && !Same(passphrase, ReadLine("The same again: ")))
                throw new TsBackupException(ErrorId.ArgumentInvalid, "The two passphrases differ.");
            return passphrase;
        }
        catch (Exception e) when (e is IContainsErrorRecord and not PipelineStoppedException)
        {
            // However a host puts it that nobody can be asked, there is an error record in it. Ctrl+C has one too and stays what it is.
            throw Missing(e);
        }
    }

    public static TsBackupException Missing(Exception? inner) => new(
        ErrorId.PassphraseMissing,
        "No passphrase for the repository is given.",
        hint: $"Use -Passphrase, -PassphraseFile or the environment variable {RepositorySecret.Variable}.",
        inner: inner);

    private SecureString ReadLine(string prompt)
    {
        host.UI.Write(prompt);
        return host.UI.ReadLineAsSecureString();
    }

    private static bool Same(SecureString one, SecureString other) => Plain(one) == Plain(other);

    private static string Plain(SecureString secret)
    {
        var pointer = Marshal.SecureStringToGlobalAllocUnicode(secret);
        try
        {
            return Marshal.PtrToStringUni(pointer, secret.Length);
        }
        finally
        {
            Marshal.ZeroFreeGlobalAllocUnicode(pointer);
        }
    }
}
