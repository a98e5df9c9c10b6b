using System.Collections.Concurrent;
using TsBackup.Errors;

namespace TsBackup.Connectors.Files;

/// <summary>
/// The folder of a store. Sub-folders are looked into; folders that are links and names that begin with a dot are not. What a file
/// holds is remembered within this process for as long as the file does not change.
/// </summary>
internal sealed class FileFolder(string root, string store, long unit, int parallelism)
{
    private const int MaxRemembered = 4096;
    private const int MaxRememberedDays = 1 << 18;
    private static readonly ConcurrentDictionary<(StoreFile File, long Unit), FileIndex> Remembered = new();
    private static int s_rememberedDays;

    /// <summary>Full path.</summary>
    public string Root => root;

    /// <summary>Nanoseconds per unit of timestamps.</summary>
    public long Unit => unit;

    /// <summary>All files, in order of precedence.</summary>
    /// <exception cref="TsBackupException">StoreNotFound, StoreAccessDenied.</exception>
    public List<StoreFile> List()
    {
        if (!Directory.Exists(root))
        {
            throw new TsBackupException(
                ErrorId.StoreNotFound, $"The folder '{root}' does not exist.", store, "Check the path; it is file:/// and the full path.");
        }
        var files = new List<StoreFile>();
        try
        {
            Walk(new DirectoryInfo(root), files);
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Reading(error, root);
        }
        files.Sort(StoreFile.CompareByPrecedence);
        return files;
    }

    /// <summary>All files with what they hold, in order of precedence.</summary>
    public async Task<IReadOnlyList<FileIndex>> IndexAsync(CancellationToken cancellation)
    {
        var files = List();
        var result = new FileIndex[files.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellation };
        await Parallel.ForAsync(0, files.Count, options, (i, token) =>
        {
            result[i] = Index(files[i], token);
            return ValueTask.CompletedTask;
        }).ConfigureAwait(false);
        return result;
    }

    private FileIndex Index(StoreFile file, CancellationToken cancellation)
    {
        if (Remembered.TryGetValue((file, unit), out var known))
            return known;
        var index = FileScanner.Scan(file, unit, cancellation);
        if (index.Error is not null)
            return index;
        var days = index.Tables.Values.Sum(table => table.Days.Count);
        if (Remembered.Count >= MaxRemembered || Interlocked.Add(ref s_rememberedDays, days) > MaxRememberedDays)
        {
            Remembered.Clear();
            Interlocked.Exchange(ref s_rememberedDays, days);
        }
        return Remembered[(file, unit)] = index;
    }

    private void Walk(DirectoryInfo folder, List<StoreFile> files)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            if (entry.Name.StartsWith('.'))
                continue;
            if (entry is DirectoryInfo child)
            {
                if (child.LinkTarget is null)
                    Walk(child, files);
            }
            else if (FileNames.IsData(entry.Name))
            {
                files.Add(StoreFile.Of(root, entry.FullName));
            }
        }
    }
}
