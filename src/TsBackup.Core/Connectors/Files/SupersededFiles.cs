namespace TsBackup.Connectors.Files;

/// <summary>
/// The files that this connector has written into a store, by the slice they hold. Of a slice whose content is written again under a
/// later number the earlier file is deleted, so that repeated restores leave one. Not thread-safe.
/// </summary>
internal sealed class SupersededFiles
{
    private readonly Dictionary<string, List<string>> _bySlice = new(StringComparer.Ordinal);

    /// <summary>Begins with the files that are there.</summary>
    public SupersededFiles(IEnumerable<StoreFile> files)
    {
        foreach (var file in files.Where(file => file.Sequence >= 0))
            OfSlice(file.Path).Add(file.Path);
    }

    /// <summary>Takes note of a file that was put in its place, and deletes the earlier ones of its slice that hold the same bytes.</summary>
    public void Add(string path)
    {
        var earlier = OfSlice(path);
        earlier.RemoveAll(other => DeleteIfSame(path, other));
        earlier.Add(path);
    }

    private List<string> OfSlice(string path)
    {
        _ = FileNames.SequenceOf(Path.GetFileName(path), out var stem);
        var slice = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, stem);
        if (!_bySlice.TryGetValue(slice, out var files))
            _bySlice.Add(slice, files = []);
        return files;
    }

    /// <summary>True when the earlier file is gone afterwards.</summary>
    private static bool DeleteIfSame(string path, string earlier)
    {
        var file = new FileInfo(earlier);
        if (!file.Exists)
            return true;
        if (file.Length != new FileInfo(path).Length || !HaveSameBytes(path, earlier))
            return false;
        file.Delete();
        return true;
    }

    private static bool HaveSameBytes(string left, string right)
    {
        using var a = File.OpenRead(left);
        using var b = File.OpenRead(right);
        var one = new byte[64 << 10];
        var two = new byte[64 << 10];
        while (true)
        {
            var read = a.ReadAtLeast(one, one.Length, throwOnEndOfStream: false);
            var other = b.ReadAtLeast(two, two.Length, throwOnEndOfStream: false);
            if (!one.AsSpan(0, read).SequenceEqual(two.AsSpan(0, other)))
                return false;
            if (read == 0)
                return true;
        }
    }
}
