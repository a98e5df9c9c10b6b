using TsBackup.Storage;

namespace TsBackup.Tests.Support;

/// <summary>A storage in which somebody else writes the same object just before, when its name ends as given.</summary>
internal sealed class RivalStorage(IStorage inner, string suffix) : IStorage
{
    /// <summary>How often the other was first.</summary>
    public int Lost { get; private set; }

    public string Location => inner.Location;

    public async Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        if (name.EndsWith(suffix, StringComparison.Ordinal))
        {
            Lost++;
            await inner.PutAsync(name, content, ct);
        }
        await inner.PutAsync(name, content, ct);
    }

    public Task<int> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken ct) =>
        inner.ReadAsync(name, offset, destination, ct);

    public Task<long> GetLengthAsync(string name, CancellationToken ct) => inner.GetLengthAsync(name, ct);

    public IAsyncEnumerable<StorageObject> ListAsync(string prefix, CancellationToken ct) => inner.ListAsync(prefix, ct);

    public Task DeleteAsync(string name, CancellationToken ct) => inner.DeleteAsync(name, ct);

    public Task<StorageSpace?> GetSpaceAsync(CancellationToken ct) => inner.GetSpaceAsync(ct);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
