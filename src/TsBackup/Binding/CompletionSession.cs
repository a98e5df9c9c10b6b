using System.Management.Automation;
using System.Security;
using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Operations;

namespace TsBackup.Binding;

/// <summary>
/// Opens the repository or the store that is being typed, to offer what it holds. Whatever goes wrong, nothing is offered: no key
/// stroke may fail.
/// </summary>
internal static class CompletionSession
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Asks the repository among the parameters typed so far; gives nothing when it cannot be opened in time.</summary>
    public static IReadOnlyList<T> Ask<T>(
        TypedParameters typed, Func<RepositoryConnection, CancellationToken, Task<IReadOnlyList<T>>> question)
    {
        if (typed.Text("Repository") is not { } location || !HasSecret(typed))
            return [];
        using var timeout = new CancellationTokenSource(s_patience);
        try
        {
            var full = Resolve(location);
            var passphrase = typed["Passphrase"] as SecureString ?? (typed["Passphrase"] as PSCredential)?.Password;
            using var secret = RepositorySecret.Find(passphrase, typed.Text("PassphraseFile"), Resolve, null, false);
            return Task.Run(
                async () =>
                {
                    using var key = secret.ToKey();
                    await using var connection = await RepositoryConnection.OpenAsync(full, key, timeout.Token).ConfigureAwait(false);
                    return await question(connection, timeout.Token).ConfigureAwait(false);
                },
                timeout.Token).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is TsBackupException or OperationCanceledException or RuntimeException)
        {
            return [];
        }
    }

    /// <summary>Asks the live store among the parameters typed so far for its tables; gives none when it does not answer in time.</summary>
    public static IReadOnlyList<TableSchema> AskStore(TypedParameters typed)
    {
        if (typed.Text("Store") is not { } uri)
            return [];
        using var timeout = new CancellationTokenSource(s_patience);
        var allowUntrusted = typed["AllowUntrustedCertificate"] is true or SwitchParameter { IsPresent: true };
        var access = new StoreAccess(typed["Credential"] as PSCredential, allowUntrusted, (int)s_patience.TotalSeconds);
        try
        {
            return Task.Run(
                async () =>
                {
                    await using var store = access.Open(StoreAddress.Parse(uri), SilentObserver.Instance);
                    return (await store.DescribeAsync(timeout.Token).ConfigureAwait(false)).Tables;
                },
                timeout.Token).WaitAsync(timeout.Token).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is TsBackupException or OperationCanceledException)
        {
            return [];
        }
    }

    private static bool HasSecret(TypedParameters typed) => typed["Passphrase"] is SecureString or PSCredential
        || typed.Text("PassphraseFile") is not null
        || Environment.GetEnvironmentVariable(RepositorySecret.Variable) is { Length: > 0 };

    private static string Resolve(string location)
    {
        if (location.Contains("://", StringComparison.Ordinal) || Path.IsPathFullyQualified(location))
            return location;
        using var session = PowerShell.Create(RunspaceMode.CurrentRunspace);
        session.AddCommand("Get-Location").AddParameter("PSProvider", "FileSystem");
        return Path.GetFullPath(location, session.Invoke()[0].ToString());
    }
}
