using TsBackup.Storage;

namespace TsBackup.Tests.Support;

/// <summary>A storage that says it has little room.</summary>
internal sealed class TightStorage(IStorage inner, long free) : IStorage
{
    public string Location => inner.Location;

    public Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken ct) => inner.PutAsync(name, content, ct);

    public Task<int> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken ct) =>
        inner.ReadAsync(name, offset, destination, ct);

    public Task<long> GetLengthAsync(string name, CancellationToken ct) => inner.GetLengthAsync(name, ct);

    public IAsyncEnumerable<StorageObject> ListAsync(string prefix, CancellationToken ct) => inner.ListAsync(prefix, ct);

    public Task DeleteAsync(string name, CancellationToken ct) => inner.DeleteAsync(name, ct);

    public Task<StorageSpace?> GetSpaceAsync(CancellationToken ct) => Task.FromResult<StorageSpace?>(new StorageSpace(free, free * 10));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
