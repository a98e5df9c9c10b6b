using System.Text;
using TsBackup.Errors;

namespace TsBackup.Cli.Terminal;

/// <summary>Finds passphrases and passwords: in a file, in the environment, or typed at the terminal. Never in an argument.</summary>
internal static class Secrets
{
    public const string PassphraseVariable = "TSBACKUP_PASSPHRASE";
    public const string StoreUserVariable = "TSBACKUP_STORE_USER";
    public const string StorePasswordVariable = "TSBACKUP_STORE_PASSWORD";
    public const string CertificatePasswordVariable = "TSBACKUP_CERTIFICATE_PASSWORD";

    /// <summary>The repository's passphrase.</summary>
    /// <exception cref="TsBackupException">PassphraseMissing, FileNotFound, StorageAccessDenied.</exception>
    public static string Passphrase(FileInfo? file, bool confirm)
    {
        if (file is not null)
            return ReadFile(file);
        if (Environment.GetEnvironmentVariable(PassphraseVariable) is { Length: > 0 } value)
            return value;
        if (Console.IsInputRedirected || Console.IsErrorRedirected)
        {
            throw new TsBackupException(
                ErrorId.PassphraseMissing,
                "No passphrase for the repository is given.",
                hint: $"Use --passphrase-file or the environment variable {PassphraseVariable}.");
        }
        if (confirm)
            return AskTwice("Passphrase: ");
        var typed = Ask("Passphrase: ");
        return typed.Length > 0 ? typed : throw new TsBackupException(ErrorId.PassphraseMissing, "The passphrase is empty.");
    }

    /// <summary>A passphrase for a new key: from a file, or typed twice.</summary>
    /// <exception cref="TsBackupException">PassphraseMissing, FileNotFound, ArgumentInvalid.</exception>
    public static string NewPassphrase(FileInfo? file)
    {
        if (file is not null)
            return ReadFile(file);
        if (Console.IsInputRedirected || Console.IsErrorRedirected)
            throw new TsBackupException(ErrorId.PassphraseMissing, "No new passphrase is given.", hint: "Use --new-passphrase-file.");
        return AskTwice("New passphrase: ");
    }

    /// <summary>The user of stores whose URI names none; null when none is given.</summary>
    public static string? StoreUser() => Environment.GetEnvironmentVariable(StoreUserVariable) is { Length: > 0 } value ? value : null;

    /// <summary>The store's password; null when none is given.</summary>
    public static string? StorePassword(FileInfo? file) => Password(file, StorePasswordVariable);

    /// <summary>What the private half of a certificate is encrypted with; null when nothing is given.</summary>
    public static string? CertificatePassword(FileInfo? file) => Password(file, CertificatePasswordVariable);

    /// <summary>The content of a file that holds a secret.</summary>
    /// <exception cref="TsBackupException">FileNotFound, StorageAccessDenied.</exception>
    public static byte[] ReadBytes(FileInfo file)
    {
        try
        {
            return File.ReadAllBytes(file.FullName);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TsBackupException(ErrorId.FileNotFound, $"{file} does not exist.", file.ToString(), inner: e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new TsBackupException(ErrorId.StorageAccessDenied, $"{file} cannot be read.", file.ToString(), inner: e);
        }
    }

    private static string? Password(FileInfo? file, string variable) =>
        file is not null ? ReadFile(file) : Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;

    private static string ReadFile(FileInfo file)
    {
        using var reader = new StreamReader(new MemoryStream(ReadBytes(file)), Encoding.UTF8);
        var text = reader.ReadToEnd().TrimEnd('\r', '\n');
        return text.Length > 0 ? text : throw new TsBackupException(ErrorId.PassphraseMissing, $"{file} is empty.", file.ToString());
    }

    private static string AskTwice(string prompt)
    {
        var typed = Ask(prompt);
        if (typed.Length == 0)
            throw new TsBackupException(ErrorId.PassphraseMissing, "The passphrase is empty.");
        return typed == Ask("Again: ") ? typed : throw new TsBackupException(ErrorId.ArgumentInvalid, "The two passphrases differ.");
    }

    private static string Ask(string prompt)
    {
        Console.Error.Write(prompt);
        var text = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter)
                break;
            if (key.Key == ConsoleKey.Backspace)
                text.Length = Math.Max(0, text.Length - 1);
            else if (key.KeyChar != '\0')
                text.Append(key.KeyChar);
        }
        Console.Error.WriteLine();
        return text.ToString();
    }
}
