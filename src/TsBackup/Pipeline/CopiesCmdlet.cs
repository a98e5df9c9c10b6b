using System.Management.Automation;
using System.Security;
using TsBackup.Binding;
using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Repository;

namespace TsBackup.Pipeline;

/// <summary>A cmdlet that reads versions, and reads from copies what is damaged or gone.</summary>
public abstract class CopiesCmdlet : StoreVersionCmdlet
{
    private RepositorySet? _copies;

    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Copy { get; set; } = [];

    [Parameter]
    [PassphraseTransformation]
    [ValidateNotNull]
    public SecureString? CopyPassphrase { get; set; }

    [Parameter]
    public SwitchParameter Heal { get; set; }

    /// <summary>The copies that are open; none when none is named.</summary>
    private protected async Task<IReadOnlyList<RepositoryConnection>> OpenCopiesAsync(CancellationToken cancellation)
    {
        if (Copy.Length == 0 && Heal)
            throw new TsBackupException(ErrorId.ArgumentInvalid, "There is nothing to heal from.", hint: "Name a copy with -Copy.");
        if (Copy.Length > 0)
            _copies ??= await OpenRepositoriesAsync(Copy, CopyPassphrase, cancellation).ConfigureAwait(false);
        return _copies?.Open ?? [];
    }

    /// <summary>Finds the version that is meant, in a copy where the repository or the version is gone.</summary>
    /// <returns>Where it is, the version there, the other repositories, and the one that was meant if it could be opened.</returns>
    private protected async Task<FoundVersion> FindVersionWithCopiesAsync(string? store, long? before, CancellationToken cancellation)
    {
        var copies = await OpenCopiesAsync(cancellation).ConfigureAwait(false);
        var meant = await TryOpenAsync(cancellation).ConfigureAwait(false);
        RepositoryConnection[] all = meant is null ? [.. copies] : [meant, .. copies];
        var (where, header) = await VersionSearch
            .FindAsync(all, Version?.VersionId ?? VersionId, store, DateOf(before), Observer, cancellation).ConfigureAwait(false);
        return new FoundVersion(where, header, [.. all.Where(other => other != where)], meant);
    }

    /// <summary>
    /// Finds the version that is to be tested: in a copy only when the repository cannot be opened at all, for damage is what a test is
    /// to find. A version that is damaged itself is taken from a copy first when that is asked for.
    /// </summary>
    private protected async Task<FoundVersion> FindVersionToTestAsync(CancellationToken cancellation)
    {
        var copies = await OpenCopiesAsync(cancellation).ConfigureAwait(false);
        if (await TryOpenAsync(cancellation).ConfigureAwait(false) is not { } meant)
        {
            var (copy, version) = await FindAsync(copies, cancellation).ConfigureAwait(false);
            return new FoundVersion(copy, version, [.. copies.Where(other => other != copy)], null);
        }
        try
        {
            var (_, header) = await FindAsync([meant], cancellation).ConfigureAwait(false);
            return new FoundVersion(meant, header, copies, meant);
        }
        catch (TsBackupException e) when (Heal && e.Kind is (ErrorKind.Damaged or ErrorKind.NotFound))
        {
            var repair = await RepairOperation.RunAsync(meant, copies, Observer, cancellation).ConfigureAwait(false);
            WriteWarning($"{e.Message} {meant.Location} was repaired: {repair.BlocksHealed} blocks were taken from copies.");
            var (_, header) = await FindAsync([meant], cancellation).ConfigureAwait(false);
            return new FoundVersion(meant, header, copies, meant);
        }
    }

    protected override async ValueTask DisposeAsync()
    {
        if (_copies is not null)
            await _copies.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private Task<(RepositoryConnection Repository, VersionHeader Header)> FindAsync(
        IReadOnlyList<RepositoryConnection> repositories, CancellationToken cancellation) =>
        VersionSearch.FindAsync(repositories, Version?.VersionId ?? VersionId, null, null, Observer, cancellation);

    private async Task<RepositoryConnection?> TryOpenAsync(CancellationToken cancellation)
    {
        try
        {
            return await OpenRepositoryAsync(RepositoryMeant, cancellation).ConfigureAwait(false);
        }
        catch (TsBackupException e) when (Copy.Length > 0 && e.Kind is not (ErrorKind.InvalidInput or ErrorKind.Authentication))
        {
            WriteWarning($"{e.Message} It is read from a copy.");
            if (Heal)
                WriteWarning("What cannot be opened cannot be healed: make it anew with New-BackupRepository and Copy-BackupVersion.");
            return null;
        }
    }
}

/// <summary>A version, where it was found, and where else to look for what is damaged.</summary>
internal sealed record FoundVersion(
    RepositoryConnection Repository, VersionHeader Header, IReadOnlyList<RepositoryConnection> Others, RepositoryConnection? Meant);
