namespace TsBackup.Connectors.Files;

/// <summary>
/// Deletes files of a slice whose content has just been written again under a later number, so that repeated restores leave one file.
/// </summary>
internal static class SupersededFiles
{
    /// <summary>Deletes the files of the stem, other than <paramref name="latest"/>, that hold the same bytes.</summary>
    public static void Delete(string folder, string stem, string latest)
    {
        var path = Path.Combine(folder, latest);
        var size = new FileInfo(path).Length;
        foreach (var other in Directory.EnumerateFiles(folder, stem + ".s*").ToList())
        {
            var name = Path.GetFileName(other);
            if (name == latest || FileNames.SequenceOf(name, out var otherStem) < 0 || otherStem != stem)
                continue;
            if (new FileInfo(other).Length == size && HaveSameBytes(path, other))
                File.Delete(other);
        }
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
