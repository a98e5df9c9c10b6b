using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// The keys of one file or write-ahead log in ascending byte order, each with its blocks in ascending order of time. A key may come
/// twice in a row when its values are of two types. Not thread-safe.
/// </summary>
internal abstract class KeyStream : IDisposable
{
    private protected byte[] KeyBuffer = [];

    /// <summary>The current key: series key, separator, field. Valid until the next <see cref="MoveNext"/>.</summary>
    public ReadOnlySpan<byte> Key => KeyBuffer.AsSpan(0, KeyLength);

    /// <summary>Type of the current key's values.</summary>
    public TsmType Type { get; private protected set; }

    /// <summary>Blocks of the current key.</summary>
    public List<BlockRef> Blocks { get; } = [];

    /// <summary>Deleted ranges of the current key; null when there are none.</summary>
    public List<TimeRange>? Deleted { get; private protected set; }

    /// <summary>Of values of one key and time the stream with the higher rank has the one that counts.</summary>
    public int Rank { get; set; }

    private protected int KeyLength { get; set; }

    /// <summary>Goes to the next key; false at the end.</summary>
    public abstract bool MoveNext();

    /// <summary>
    /// Says from where to where the blocks lie that are decoded until the next call. When that is too much to be held at once, each
    /// reader of blocks gets a window of its own.
    /// </summary>
    public virtual void Prepare(long offset, long length)
    {
    }

    /// <summary>Sets up a window for blocks that lie in so many bytes from the first to the last.</summary>
    public virtual void Attach(ref SourceWindow? window, long length)
    {
    }

    /// <summary>Decodes a block of a key that came by since <see cref="Prepare"/>, not necessarily the current one.</summary>
    public abstract void Decode(BlockRef block, TsmType type, TimeCache times, SourceWindow? window, DecodedBlock target);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        Pools.Return(ref KeyBuffer);
        GC.SuppressFinalize(this);
    }

    private protected void SetKey(ReadOnlySpan<byte> key)
    {
        Pools.Ensure(ref KeyBuffer, Math.Max(1, key.Length));
        key.CopyTo(KeyBuffer);
        KeyLength = key.Length;
    }
}
