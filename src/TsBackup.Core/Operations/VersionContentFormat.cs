using System.IO.Compression;
using System.Text;
using Newtonsoft.Json;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>
/// Writes and reads the content of a version (FORMAT.md, section 9): a small root that names pieces, each piece a block of its own, so
/// that what has not changed since the previous version is not stored again.
/// </summary>
internal static class VersionContentFormat
{
    private const byte FormatVersion = 1;
    private const int GroupsPerPage = 32;
    private const int MaxPieceBytes = 1 << 30;

    /// <summary>Stores the pieces and returns the root and the ids of the pieces.</summary>
    public static async Task<(byte[] Root, List<BlockId> Pieces)> WriteAsync(
        VersionContent content, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<BlockId>> put, CancellationToken cancellation)
    {
        var pieces = new List<BlockId> { await put(Pack(CatalogBytes(content.Catalog)), cancellation).ConfigureAwait(false) };
        foreach (var page in content.Groups.Chunk(GroupsPerPage))
            pieces.Add(await put(Pack(PageBytes(page)), cancellation).ConfigureAwait(false));
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(FormatVersion);
            writer.Write7BitEncodedInt(pieces.Count);
            foreach (var piece in pieces)
                WriteId(writer, piece);
        }
        return (stream.ToArray(), pieces);
    }

    /// <summary>Ids of the pieces a root names: the catalog, then the pages.</summary>
    /// <exception cref="TsBackupException">VersionDamaged, RepositoryVersionUnsupported.</exception>
    public static IReadOnlyList<BlockId> ReadRoot(ReadOnlySpan<byte> root, string versionId)
    {
        var bytes = root.ToArray();
        return Guard(versionId, () =>
        {
            using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
            var format = reader.ReadByte();
            if (format != FormatVersion)
            {
                throw new TsBackupException(
                    ErrorId.RepositoryVersionUnsupported,
                    $"Version {versionId} has content of format {format}, which this build does not know.",
                    versionId,
                    "Use a newer TsBackup.");
            }
            var count = ReadCount(reader, BlockId.Size);
            var pieces = new BlockId[count];
            for (var i = 0; i < count; i++)
                pieces[i] = ReadId(reader);
            return pieces.Length > 0 ? pieces : throw new InvalidDataException("no catalog");
        });
    }

    /// <summary>Reads the catalog piece.</summary>
    public static Catalog ReadCatalog(ReadOnlyMemory<byte> piece, string versionId) => Guard(versionId, () =>
        JsonConvert.DeserializeObject<Catalog>(Encoding.UTF8.GetString(Unpack(piece)), s_json)
            ?? throw new InvalidDataException("empty catalog"));

    /// <summary>Reads a page of groups.</summary>
    public static IReadOnlyList<GroupEntry> ReadPage(ReadOnlyMemory<byte> piece, string versionId) => Guard(versionId, () =>
    {
        using var reader = new BinaryReader(new MemoryStream(Unpack(piece)), Encoding.UTF8);
        var groups = new GroupEntry[ReadCount(reader, 3)];
        for (var i = 0; i < groups.Length; i++)
        {
            var id = reader.ReadString();
            var fingerprint = reader.ReadBoolean() ? reader.ReadString() : null;
            var slices = new SliceEntry[ReadCount(reader, 40)];
            for (var j = 0; j < slices.Length; j++)
                slices[j] = ReadSlice(reader);
            groups[i] = new GroupEntry(id, fingerprint, slices);
        }
        return groups;
    });

    private static readonly JsonSerializerSettings s_json = new()
    {
        DateParseHandling = DateParseHandling.None,
        TypeNameHandling = TypeNameHandling.None,
        MaxDepth = 32,
    };

    private static byte[] CatalogBytes(Catalog catalog) => Encoding.UTF8.GetBytes(JsonConvert.SerializeObject(catalog, s_json));

    private static byte[] PageBytes(GroupEntry[] groups)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write7BitEncodedInt(groups.Length);
            foreach (var group in groups)
            {
                writer.Write(group.Id);
                writer.Write(group.Fingerprint is not null);
                if (group.Fingerprint is not null)
                    writer.Write(group.Fingerprint);
                writer.Write7BitEncodedInt(group.Slices.Count);
                foreach (var slice in group.Slices)
                    WriteSlice(writer, slice);
            }
        }
        return stream.ToArray();
    }

    private static void WriteSlice(BinaryWriter writer, SliceEntry entry)
    {
        writer.Write(entry.Slice.Table.Group);
        writer.Write(entry.Slice.Table.Name);
        writer.Write(entry.Slice.Window.First);
        writer.Write(entry.Slice.Window.Last);
        writer.Write(entry.Slice.Partition);
        writer.Write7BitEncodedInt64(entry.Summary.Rows);
        writer.Write7BitEncodedInt64(entry.Summary.Points);
        writer.Write7BitEncodedInt64(entry.Summary.Tuples);
        writer.Write(entry.Summary.First);
        writer.Write(entry.Summary.Last);
        Span<byte> digest = stackalloc byte[32];
        entry.Summary.Digest.CopyTo(digest);
        writer.Write(digest);
        writer.Write(entry.FailureId is not null);
        if (entry.FailureId is not null)
        {
            writer.Write(entry.FailureId);
            writer.Write(entry.FailureMessage ?? "");
        }
        writer.Write7BitEncodedInt(entry.Blocks.Count);
        foreach (var block in entry.Blocks)
        {
            WriteId(writer, block.Id);
            writer.Write7BitEncodedInt(block.Rows);
            writer.Write(block.First);
            writer.Write(block.Last);
            writer.Write7BitEncodedInt(block.Bytes);
        }
    }

    private static SliceEntry ReadSlice(BinaryReader reader)
    {
        var table = new TableId(reader.ReadString(), reader.ReadString());
        var slice = new Slice(table, new TimeRange(reader.ReadInt64(), reader.ReadInt64()), reader.ReadString());
        var rows = reader.Read7BitEncodedInt64();
        var points = reader.Read7BitEncodedInt64();
        var tuples = reader.Read7BitEncodedInt64();
        var first = reader.ReadInt64();
        var last = reader.ReadInt64();
        var digest = reader.ReadBytes(32);
        if (digest.Length != 32)
            throw new EndOfStreamException();
        string? failureId = null;
        string? failureMessage = null;
        if (reader.ReadBoolean())
        {
            failureId = reader.ReadString();
            failureMessage = reader.ReadString();
        }
        var blocks = new BlockEntry[ReadCount(reader, BlockId.Size + 18)];
        for (var i = 0; i < blocks.Length; i++)
            blocks[i] = new BlockEntry(
                ReadId(reader), reader.Read7BitEncodedInt(), reader.ReadInt64(), reader.ReadInt64(), reader.Read7BitEncodedInt());
        var summary = new SliceSummary(rows, points, tuples, first, last, SliceDigest.FromBytes(digest));
        return new SliceEntry(slice, summary, blocks, failureId, failureMessage);
    }

    private static int ReadCount(BinaryReader reader, int minimumSize)
    {
        var count = reader.Read7BitEncodedInt();
        var left = reader.BaseStream.Length - reader.BaseStream.Position;
        return count >= 0
            && (long)count * minimumSize <= left ? count : throw new InvalidDataException($"a count of {count} with {left} bytes left");
    }

    private static void WriteId(BinaryWriter writer, BlockId id)
    {
        Span<byte> bytes = stackalloc byte[BlockId.Size];
        id.CopyTo(bytes);
        writer.Write(bytes);
    }

    private static BlockId ReadId(BinaryReader reader)
    {
        var bytes = reader.ReadBytes(BlockId.Size);
        return bytes.Length == BlockId.Size ? new BlockId(bytes) : throw new EndOfStreamException();
    }

    private static byte[] Pack(byte[] plain)
    {
        using var stream = new MemoryStream();
        using (var brotli = new BrotliStream(stream, new BrotliCompressionOptions { Quality = 5 }, leaveOpen: true))
            brotli.Write(plain);
        return stream.ToArray();
    }

    private static byte[] Unpack(ReadOnlyMemory<byte> piece)
    {
        using var brotli = new BrotliStream(new MemoryStream(piece.ToArray()), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        var buffer = new byte[81920];
        int read;
        while ((read = brotli.Read(buffer)) > 0)
        {
            plain.Write(buffer, 0, read);
            if (plain.Length > MaxPieceBytes)
                throw new InvalidDataException("a piece that unpacks to more than 1 GiB");
        }
        return plain.ToArray();
    }

    private static T Guard<T>(string versionId, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or InvalidDataException or InvalidOperationException or FormatException
            or JsonException or ArgumentException or OverflowException)
        {
            throw new TsBackupException(
                ErrorId.VersionDamaged, $"The content of version {versionId} is malformed: {e.Message.TrimEnd('.')}.", versionId, inner: e);
        }
    }
}
