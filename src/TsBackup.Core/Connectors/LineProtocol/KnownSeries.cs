namespace TsBackup.Connectors.LineProtocol;

/// <summary>Series that a parser has checked already, by the bytes that lines begin with. It takes up so many and no more.</summary>
internal sealed class KnownSeries
{
    private const int MaxSeries = 1 << 16;
    private const long MaxBytes = 16 << 20;

    private readonly Dictionary<byte[], Entry> _entries = new(BytesComparer.Instance);
    private readonly Dictionary<byte[], Entry>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private long _bytes;

    public KnownSeries() => _lookup = _entries.GetAlternateLookup<ReadOnlySpan<byte>>();

    public bool TryFind(ReadOnlySpan<byte> raw, out Entry entry) => _lookup.TryGetValue(raw, out entry);

    /// <summary>Takes a series up if there is room for it.</summary>
    public Entry Add(byte[] raw, byte[] canonical)
    {
        var hasRoom = _entries.Count < MaxSeries && _bytes < MaxBytes;
        var entry = new Entry(raw, canonical, hasRoom ? _entries.Count : -1);
        if (!hasRoom)
            return entry;
        _entries.Add(raw, entry);
        _bytes += raw.Length + canonical.Length;
        return entry;
    }

    /// <param name="Raw">The series as lines have it.</param>
    /// <param name="Canonical">The series with its tags in order.</param>
    /// <param name="Number">A number of its own; −1 when it was not taken up. Two spellings of one series have two numbers.</param>
    internal readonly record struct Entry(byte[] Raw, byte[] Canonical, int Number);
}
