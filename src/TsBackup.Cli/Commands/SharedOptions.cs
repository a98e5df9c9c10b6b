using System.CommandLine;
using TsBackup.Model;

namespace TsBackup.Cli.Commands;

/// <summary>Options that several commands share.</summary>
internal static class SharedOptions
{
    public static readonly Option<string> Repository = new("--repository", "-r")
    {
        Description = "Folder or URI of the repository.",
        Required = true,
    };

    public static readonly Option<FileInfo?> PassphraseFile = new("--passphrase-file")
    {
        Description = "File that holds the repository's passphrase; else TSBACKUP_PASSPHRASE.",
    };

    public static readonly Option<FileInfo?> Certificate = new("--certificate")
    {
        Description = "File (PKCS#12 or PEM) with a certificate and its private key that open the repository instead of a passphrase.",
    };

    public static readonly Option<FileInfo?> CertificatePasswordFile = new("--certificate-password-file")
    {
        Description = "File that holds the password of the certificate's private key; else TSBACKUP_CERTIFICATE_PASSWORD.",
    };

    public static readonly Option<FileInfo?> PasswordFile = new("--password-file")
    {
        Description = "File that holds the store's password; else TSBACKUP_STORE_PASSWORD. The user is that of the URI, else TSBACKUP_STORE_USER.",
    };

    public static readonly Option<bool> AllowUntrusted = new("--allow-untrusted-certificate")
    {
        Description = "Accept any TLS certificate of the store.",
    };

    public static readonly Option<double> Timeout = new("--timeout")
    {
        Description = "Seconds allowed for one request to the store.",
        CustomParser = OptionValues.Number<double>,
        DefaultValueFactory = _ => 300,
    };

    public static readonly Option<string[]> Table = new("--table", "-t")
    {
        Description = "Table to take (wildcards * and ?); may be repeated.",
        DefaultValueFactory = _ => [],
    };

    public static readonly Option<string[]> ExcludeTable = new("--exclude-table")
    {
        Description = "Table to leave out; may be repeated.",
        DefaultValueFactory = _ => [],
    };

    public static readonly Option<string?> Start = new("--start")
    {
        Description = "First time to take: RFC 3339 or nanoseconds since 1970.",
    };

    public static readonly Option<string?> End = new("--end") { Description = "Time before which to stop." };

    public static readonly Option<bool> NoSettings = new("--no-settings")
    {
        Description = "Leave out settings documents (retention policies, queries, users …).",
    };

    public static readonly Option<string?> Store = new("--store") { Description = "Only versions of this store." };

    public static readonly Option<string?> Before = new("--before") { Description = "Only versions made before this time." };

    public static readonly Option<int> Parallelism = new("--parallelism")
    {
        Description = "Parts worked on at once.",
        CustomParser = OptionValues.Number<int>,
        DefaultValueFactory = _ => Math.Clamp(Environment.ProcessorCount, 1, 16),
    };

    public static readonly Option<string[]> Copies = new("--copy")
    {
        Description = "Another repository to take damaged or lost parts from; may be repeated.",
        DefaultValueFactory = _ => [],
    };

    public static readonly Option<FileInfo?> CopyPassphraseFile = new("--copy-passphrase-file")
    {
        Description = "File with the passphrase of the copies, when it differs.",
    };

    public static readonly Option<bool> Heal = new("--heal") { Description = "Repair the repository from the copies when it is damaged." };

    public static Scope ScopeOf(Invocation invocation) => new(
        invocation.Get(Table) ?? [],
        invocation.Get(ExcludeTable) ?? [],
        TimeRange.FromStartEnd(Time(invocation, Start), Time(invocation, End)),
        !invocation.Get(NoSettings));

    public static DateTimeOffset? BeforeOf(Invocation invocation) =>
        Time(invocation, Before) is { } time ? DateTimeOffset.UnixEpoch.AddTicks(time / 100) : null;

    public static void AddStore(Command command)
    {
        command.Add(PasswordFile);
        command.Add(AllowUntrusted);
        command.Add(Timeout);
    }

    public static void AddCopies(Command command)
    {
        command.Add(Copies);
        command.Add(CopyPassphraseFile);
        command.Add(Heal);
    }

    public static void AddRepository(Command command)
    {
        command.Add(Repository);
        AddKey(command);
    }

    public static void AddKey(Command command)
    {
        command.Add(PassphraseFile);
        command.Add(Certificate);
        command.Add(CertificatePasswordFile);
    }

    public static void AddScope(Command command)
    {
        command.Add(Table);
        command.Add(ExcludeTable);
        command.Add(Start);
        command.Add(End);
        command.Add(NoSettings);
    }

    private static long? Time(Invocation invocation, Option<string?> option) =>
        invocation.Get(option) is { } text ? TimeText.Parse(text) : null;
}
