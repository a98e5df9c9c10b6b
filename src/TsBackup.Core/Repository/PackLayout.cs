using System.Buffers.Binary;

namespace TsBackup.Repository;

/// <summary>Sizes within a pack (FORMAT.md section 5).</summary>
internal static class PackLayout
{
    public const int KeySize = 32;
    public const int WrappedKeySize = KeySize + KeyPair.Overhead;
    public const int HeaderSize = ObjectFrame.HeaderSize + WrappedKeySize;
    public const int TagSize = 16;
    public const int NonceSize = 12;
    public const int EntrySize = BlockId.Size + 4;
    public const int FooterSize = 4 + ObjectFrame.ChecksumSize;
    public const int MinSize = HeaderSize + NonceSize + TagSize + FooterSize;
    public const int MaxBlock = 1 << 29;

    /// <summary>What the directory of so many blocks takes.</summary>
    public static int DirectorySize(int blocks) => NonceSize + (blocks * EntrySize) + TagSize;

    /// <summary>The nonce of a block is where it begins: no two of one pack share it, and each pack has a key of its own.</summary>
    public static void WriteNonce(Span<byte> nonce, long offset)
    {
        nonce.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(nonce, offset);
    }

    public static string WrapContext(RepositoryId repository, string name) => $"pack {repository} {name}";

    public static void WriteEntry(Span<byte> target, BlockId id, uint stored)
    {
        id.CopyTo(target);
        BinaryPrimitives.WriteUInt32LittleEndian(target[BlockId.Size..], stored);
    }

    public static PackEntry ReadEntry(ReadOnlySpan<byte> bytes) => new(
        new BlockId(bytes[..BlockId.Size]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[BlockId.Size..]));
}
