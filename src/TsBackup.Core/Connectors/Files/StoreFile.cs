using System.Security.Cryptography;
using TsBackup.Errors;

namespace TsBackup.Connectors.Files;

/// <summary>A file of line protocol as it was found. Equal values mean an unchanged file.</summary>
/// <param name="Path">Full path.</param>
/// <param name="Name">Path within the store, with slashes.</param>
/// <param name="Group">Group of its tables.</param>
/// <param name="Sequence">Number given by this connector; −1 for files of other origin.</param>
/// <param name="Size">Length in bytes.</param>
/// <param name="Modified">Last write in ticks.</param>
/// <param name="Guard">Hash over both ends of the content, because times can be set back.</param>
internal sealed record StoreFile(string Path, string Name, string Group, long Sequence, long Size, long Modified, string Guard)
{
    private const int GuardedBytes = 4096;

    /// <summary>True for <c>.lp.gz</c>.</summary>
    public bool IsPacked => Path.EndsWith(FileNames.Packed, StringComparison.OrdinalIgnoreCase);

    /// <summary>Order in which fields of one series and time overwrite each other.</summary>
    public static int CompareByPrecedence(StoreFile a, StoreFile b)
    {
        var bySequence = a.Sequence.CompareTo(b.Sequence);
        return bySequence != 0 ? bySequence : string.CompareOrdinal(a.Name, b.Name);
    }

    /// <summary>Looks at a file.</summary>
    public static StoreFile Of(string root, string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
        var size = stream.Length;
        var name = System.IO.Path.GetRelativePath(root, path).Replace(System.IO.Path.DirectorySeparatorChar, '/');
        var slash = name.LastIndexOf('/');
        return new StoreFile(
            path,
            name,
            slash < 0 ? "" : FileNames.GroupOf(name[..slash]),
            FileNames.SequenceOf(name[(slash + 1)..], out _),
            size,
            File.GetLastWriteTimeUtc(stream.SafeFileHandle).Ticks,
            GuardOf(stream, size));
    }

    /// <summary>True when nothing shows from outside that the file is another one by now.</summary>
    public bool LooksLike(FileInfo file) => file.Length == Size && file.LastWriteTimeUtc.Ticks == Modified;

    /// <summary>Opens the content, unpacked. Plain files are read as far as they reached when they were looked at.</summary>
    public Stream Open()
    {
        var file = new FileStream(
            Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.SequentialScan);
        return IsPacked ? new PackedStream(new BufferedStream(file, 64 << 10)) : new BoundedStream(file, Size);
    }

    /// <summary>
    /// Makes sure, after reading, that what was read is what had been looked at: an unpacked file may have grown behind a complete
    /// line, nothing else may have happened.
    /// </summary>
    public void EnsureUnchanged(bool endsWithinLine)
    {
        using var stream = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
        var size = stream.Length;
        var same = size == Size && File.GetLastWriteTimeUtc(stream.SafeFileHandle).Ticks == Modified;
        var grown = size >= Size && !IsPacked && (size == Size || !endsWithinLine);
        if ((same || grown) && GuardOf(stream, Size) == Guard)
            return;
        throw new TsBackupException(
            ErrorId.StoreChanged, $"The file '{Path}' was changed while it was read.", Path, "Run again when nobody writes to it.");
    }

    private static string GuardOf(FileStream stream, long size)
    {
        Span<byte> ends = stackalloc byte[2 * GuardedBytes];
        stream.Position = 0;
        var head = stream.ReadAtLeast(ends[..(int)Math.Min(size, GuardedBytes)], (int)Math.Min(size, GuardedBytes), false);
        var rest = (int)Math.Min(size - head, GuardedBytes);
        stream.Position = size - rest;
        var tail = stream.ReadAtLeast(ends.Slice(head, rest), rest, false);
        return Convert.ToHexStringLower(SHA256.HashData(ends[..(head + tail)]).AsSpan(0, 16));
    }
}
