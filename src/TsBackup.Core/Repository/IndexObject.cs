using System.Buffers.Binary;

namespace TsBackup.Repository;

/// <summary>
/// An index object: which packs it covers is readable without a key, which blocks they hold is sealed (FORMAT.md section 6).
/// </summary>
internal static class IndexObject
{
    private const ushort PackTag = 1;
    private const int PackSize = 28;

    public static (byte[] Public, byte[] Secret) Encode(IEnumerable<(PackId Id, long Length, IReadOnlyList<PackEntry> Entries)> packs)
    {
        var list = packs.ToList();
        var fields = new FieldWriter();
        var secret = new byte[list.Sum(pack => pack.Entries.Count) * PackLayout.EntrySize];
        var at = 0;
        Span<byte> record = stackalloc byte[PackSize];
        foreach (var (id, length, entries) in list)
        {
            id.Write(record);
            BinaryPrimitives.WriteInt64LittleEndian(record[16..], length);
            BinaryPrimitives.WriteInt32LittleEndian(record[24..], entries.Count);
            fields.Bytes(PackTag, record);
            foreach (var entry in entries)
            {
                PackLayout.WriteEntry(secret.AsSpan(at), entry.Id, entry.Stored);
                at += PackLayout.EntrySize;
            }
        }
        return (fields.ToArray(), secret);
    }

    /// <summary>The packs that an index covers: needs no key.</summary>
    public static List<(PackId Id, long Length, int Blocks)> ReadPacks(ObjectFrame frame)
    {
        List<(PackId, long, int)> packs = [];
        try
        {
            var reader = new FieldReader(frame.Public);
            while (reader.Next())
            {
                if (reader.Tag != PackTag)
                    continue;
                var record = reader.Exactly(PackSize);
                var length = BinaryPrimitives.ReadInt64LittleEndian(record[16..]);
                var blocks = BinaryPrimitives.ReadInt32LittleEndian(record[24..]);
                if (length < PackLayout.MinSize || blocks < 0)
                    throw new FormatException("a pack in it has an impossible size");
                packs.Add((PackId.Read(record), length, blocks));
            }
            return packs;
        }
        catch (FormatException failure)
        {
            throw RepositoryErrors.Damaged(ObjectKind.Index, frame.Name, failure.Message, failure);
        }
    }

    /// <summary>
    /// Puts all blocks of an index object into memory. An entry that points outside its pack makes the whole object damaged.
    /// </summary>
    public static void AddTo(BlockIndex index, ObjectFrame frame, byte[] secret)
    {
        var packs = ReadPacks(frame);
        if (packs.Sum(pack => (long)pack.Blocks) * PackLayout.EntrySize != secret.Length)
            throw RepositoryErrors.Damaged(ObjectKind.Index, frame.Name, "its blocks do not add up");
        var at = 0;
        List<PackEntry[]> decoded = [];
        foreach (var (_, length, blocks) in packs)
        {
            var entries = new PackEntry[blocks];
            long end = PackLayout.HeaderSize;
            for (var i = 0; i < blocks; i++, at += PackLayout.EntrySize)
            {
                entries[i] = PackLayout.ReadEntry(secret.AsSpan(at, PackLayout.EntrySize));
                end += entries[i].Stored;
                if (entries[i].Stored < PackLayout.TagSize || end > length)
                    throw RepositoryErrors.Damaged(ObjectKind.Index, frame.Name, "a block in it points outside its pack");
            }
            decoded.Add(entries);
        }
        for (var i = 0; i < packs.Count; i++)
            index.AddPack(packs[i].Id, packs[i].Length, decoded[i]);
    }
}
