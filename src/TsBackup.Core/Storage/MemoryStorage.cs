using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace TsBackup.Storage;

/// <summary>Keeps objects in memory: for tests and for trying things out. Nothing survives the process.</summary>
public sealed class MemoryStorage : IStorage
{
    private readonly ConcurrentDictionary<string, (byte[] Content, DateTimeOffset Modified)> _objects = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public string Location => "memory";

    /// <inheritdoc/>
    public Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        ObjectName.Check(name);
        ct.ThrowIfCancellationRequested();
        if (!_objects.TryAdd(name, (content.ToArray(), DateTimeOffset.UtcNow)))
            throw StorageErrors.Exists(name, Location);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<int> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ct.ThrowIfCancellationRequested();
        var content = Find(name);
        if (offset >= content.Length)
            return Task.FromResult(0);
        var count = Math.Min(destination.Length, content.Length - (int)offset);
        content.AsSpan((int)offset, count).CopyTo(destination.Span);
        return Task.FromResult(count);
    }

    /// <inheritdoc/>
    public Task<long> GetLengthAsync(string name, CancellationToken ct) => Task.FromResult((long)Find(name).Length);

    /// <inheritdoc/>
    public async IAsyncEnumerable<StorageObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        ObjectName.CheckPrefix(prefix);
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var (name, value) in _objects)
        {
            ct.ThrowIfCancellationRequested();
            if (name.StartsWith(prefix, StringComparison.Ordinal))
                yield return new StorageObject(name, value.Content.Length, value.Modified);
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken ct)
    {
        ObjectName.Check(name);
        ct.ThrowIfCancellationRequested();
        _objects.TryRemove(name, out _);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<StorageSpace?> GetSpaceAsync(CancellationToken ct) => Task.FromResult<StorageSpace?>(null);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private byte[] Find(string name)
    {
        ObjectName.Check(name);
        return _objects.TryGetValue(name, out var found) ? found.Content : throw StorageErrors.NotFound(name, Location);
    }
}
