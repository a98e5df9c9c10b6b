using System.Runtime.CompilerServices;
using TsBackup.Errors;
using TsBackup.Storage;

namespace TsBackup.Tests.Support;

/// <summary>Passes calls on until the n-th changing one; that one and, if asked, all after it fail. Counts changing calls.</summary>
internal sealed class FaultyStorage(IStorage inner) : IStorage
{
    private int _changes;

    /// <summary>Number of the first changing call that fails; 0 for none.</summary>
    public int FailAt { get; init; }

    /// <summary>What it fails with.</summary>
    public ErrorId Error { get; init; } = ErrorId.StorageWriteFailed;

    /// <summary>True: dead from then on, as after a crash. False: only that one call fails.</summary>
    public bool StaysDown { get; init; }

    /// <summary>True: the failing put did store its object (the answer was lost).</summary>
    public bool DoesItAnyway { get; init; }

    /// <summary>
    /// Not null: the failing put leaves so many thousandths of its object under its name, as a file system without barriers may.
    /// </summary>
    public int? TornPermille { get; init; }

    public int Changes => Volatile.Read(ref _changes);

    public string Location => inner.Location;

    public async Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        if (ShouldFail(true))
        {
            if (DoesItAnyway && Changes == FailAt)
                await inner.PutAsync(name, content, ct);
            if (TornPermille is { } part && Changes == FailAt)
                await inner.PutAsync(name, content[..(int)((long)content.Length * part / 1000)], ct);
            throw Failure(name);
        }
        await inner.PutAsync(name, content, ct);
    }

    public Task<int> ReadAsync(string name, long offset, Memory<byte> destination, CancellationToken ct) =>
        ShouldFail(false) ? throw Failure(name) : inner.ReadAsync(name, offset, destination, ct);

    public Task<long> GetLengthAsync(string name, CancellationToken ct) =>
        ShouldFail(false) ? throw Failure(name) : inner.GetLengthAsync(name, ct);

    public async IAsyncEnumerable<StorageObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        if (ShouldFail(false))
            throw Failure(prefix);
        await foreach (var item in inner.ListAsync(prefix, ct))
            yield return item;
    }

    public Task DeleteAsync(string name, CancellationToken ct) =>
        ShouldFail(true) ? throw Failure(name) : inner.DeleteAsync(name, ct);

    public Task<StorageSpace?> GetSpaceAsync(CancellationToken ct) => inner.GetSpaceAsync(ct);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private bool ShouldFail(bool isChange)
    {
        var number = isChange ? Interlocked.Increment(ref _changes) : Changes;
        if (FailAt == 0)
            return false;
        return isChange && number == FailAt || StaysDown && (number > FailAt || !isChange && number >= FailAt);
    }

    private TsBackupException Failure(string name) => new(Error, $"'{name}' failed on purpose.", name);
}
