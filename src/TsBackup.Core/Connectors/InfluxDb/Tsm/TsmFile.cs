using System.Buffers.Binary;
using System.Globalization;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// A TSM file: header, blocks each behind a checksum, index sorted by key, offset of the index. Opening checks the frame; what is
/// deleted by the tombstone file beside it is known to <see cref="Deleted"/>. Owns its source.
/// </summary>
internal sealed class TsmFile : IDisposable
{
    /// <summary>Bytes before the first block.</summary>
    public const int HeaderSize = 5;

    /// <summary>Bytes of an entry of the index.</summary>
    public const int EntrySize = 28;

    private const uint Magic = 0x16D116D1;
    private const int FooterSize = 8;

    private TsmFile(TsmSource source, Tombstones? deleted, long indexStart)
    {
        Source = source;
        Deleted = deleted;
        IndexStart = indexStart;
        IndexEnd = source.Length - FooterSize;
    }

    public TsmSource Source { get; }

    /// <summary>What the tombstone file says; null when there is none.</summary>
    public Tombstones? Deleted { get; }

    public long IndexStart { get; }

    public long IndexEnd { get; }

    /// <summary>Checks the frame of a file and takes the source over, also when it fails.</summary>
    /// <exception cref="Errors.TsBackupException">SourceFileDamaged.</exception>
    public static TsmFile Open(TsmSource source, Tombstones? deleted = null)
    {
        try
        {
            if (source.Length < HeaderSize + FooterSize)
                throw FileErrors.Damaged(source.Name, source.Length, "it is too short for a TSM file");
            Span<byte> head = stackalloc byte[HeaderSize];
            source.Read(0, head);
            if (BinaryPrimitives.ReadUInt32BigEndian(head) != Magic)
                throw FileErrors.Damaged(source.Name, 0, "it does not start like a TSM file");
            if (head[4] != 1)
                throw FileErrors.Damaged(source.Name, 4, $"the format version {head[4]} is unknown");
            Span<byte> foot = stackalloc byte[FooterSize];
            source.Read(source.Length - FooterSize, foot);
            var indexStart = BinaryPrimitives.ReadUInt64BigEndian(foot);
            if (indexStart < HeaderSize || indexStart > (ulong)(source.Length - FooterSize))
            {
                throw FileErrors.Damaged(
                    source.Name, source.Length - FooterSize, "the index is said to be outside the file, or the file's end is missing");
            }
            return new TsmFile(source, deleted, (long)indexStart);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Generation and sequence of a file name such as <c>000000012-000000003.tsm</c>; false for other names.</summary>
    public static bool TryParseName(string name, out (uint Generation, uint Sequence) order)
    {
        order = default;
        var text = Path.GetFileName(name.AsSpan());
        if (!text.EndsWith(".tsm", StringComparison.Ordinal))
            return false;
        text = text[..^4];
        var dash = text.IndexOf('-');
        return dash > 0
            && uint.TryParse(text[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out order.Generation)
            && uint.TryParse(text[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out order.Sequence);
    }

    public void Dispose() => Source.Dispose();
}
