using System.Collections;
using System.Management.Automation;
using System.Security;
using TsBackup.Errors;
using TsBackup.Operations;

namespace TsBackup.Binding;

/// <summary>Opens the repository that is being typed, to offer what it holds. Whatever goes wrong, nothing is offered: no key stroke may fail.</summary>
internal static class CompletionSession
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    /// <summary>Asks the repository among the parameters typed so far; gives nothing when it cannot be opened in time.</summary>
    public static IReadOnlyList<T> Ask<T>(IDictionary typed, Func<RepositoryConnection, CancellationToken, Task<IReadOnlyList<T>>> question)
    {
        if (Text(typed, "Repository") is not { } location || !HasSecret(typed))
            return [];
        using var timeout = new CancellationTokenSource(s_patience);
        try
        {
            var full = Resolve(location);
            using var secret = RepositorySecret.Find(
                typed["Passphrase"] as SecureString ?? (typed["Passphrase"] as PSCredential)?.Password, Text(typed, "PassphraseFile"), Resolve, null, false);
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

    /// <summary>A parameter typed so far as text; null when it is not there.</summary>
    public static string? Text(IDictionary typed, string name) => typed[name] switch
    {
        string { Length: > 0 } text => text,
        object[] { Length: > 0 } list => list[0]?.ToString(),
        _ => null,
    };

    private static bool HasSecret(IDictionary typed) => typed["Passphrase"] is SecureString or PSCredential
        || Text(typed, "PassphraseFile") is not null
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
