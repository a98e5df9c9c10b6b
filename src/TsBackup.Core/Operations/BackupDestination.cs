using TsBackup.Errors;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>One repository of a running backup. After its first failure it takes nothing more.</summary>
internal sealed class BackupDestination(RepositoryConnection connection, BlockWriter writer, int index) : IAsyncDisposable
{
    private long _newBlocks;
    private long _newBytes;
    private volatile TsBackupException? _error;

    public RepositoryConnection Connection => connection;

    public BlockWriter Writer => writer;

    public int Index => index;

    public TsBackupException? Error => _error;

    public bool IsAlive => _error is null;

    public long NewBlocks => Interlocked.Read(ref _newBlocks);

    public long NewBytes => Interlocked.Read(ref _newBytes);

    /// <summary>Content of the newest version of the store under the same scope; null when there is none.</summary>
    public PreviousVersion? Previous { get; set; }

    public async ValueTask<BlockId> PutAsync(ReadOnlyMemory<byte> block, CancellationToken cancellation)
    {
        var stored = await writer.PutAsync(block, cancellation).ConfigureAwait(false);
        if (stored.IsNew)
        {
            Interlocked.Increment(ref _newBlocks);
            Interlocked.Add(ref _newBytes, stored.StoredBytes);
        }
        return stored.Id;
    }

    public void Fail(TsBackupException error) => _error ??= error;

    public ValueTask DisposeAsync() => writer.DisposeAsync();
}
