using System.Runtime.CompilerServices;
using TsBackup.Storage;

namespace TsBackup.Tests.Support;

/// <summary>A storage that takes its time over every call.</summary>
internal sealed class SlowStorage(IStorage inner, TimeSpan delay) : IStorage
{
    public string Location => inner.Location;

    public async Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        await Task.Delay(delay, ct);
        await inner.PutAsync(name, content, ct);
    }

    public async Task<int> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken ct)
    {
        await Task.Delay(delay, ct);
        return await inner.ReadAsync(name, offset, destination, ct);
    }

    public async Task<long> GetLengthAsync(string name, CancellationToken ct)
    {
        await Task.Delay(delay, ct);
        return await inner.GetLengthAsync(name, ct);
    }

    public async IAsyncEnumerable<StorageObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        await Task.Delay(delay, ct);
        await foreach (var item in inner.ListAsync(prefix, ct))
            yield return item;
    }

    public async Task DeleteAsync(string name, CancellationToken ct)
    {
        await Task.Delay(delay, ct);
        await inner.DeleteAsync(name, ct);
    }

    public Task<StorageSpace?> GetSpaceAsync(CancellationToken ct) => inner.GetSpaceAsync(ct);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
