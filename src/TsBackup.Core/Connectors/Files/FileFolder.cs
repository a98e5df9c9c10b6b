using System.Collections.Concurrent;
using System.Diagnostics;
using TsBackup.Errors;

namespace TsBackup.Connectors.Files;

/// <summary>
/// The folder of a store. Sub-folders are looked into; folders that are links and names that begin with a dot are not. What a file
/// holds is remembered within this process for as long as the file does not change.
/// </summary>
internal sealed class FileFolder(string root, string store, long unit, int parallelism)
{
    private const int MaxRemembered = 16_384;
    private const int MaxRememberedDays = 1 << 18;
    private static readonly ConcurrentDictionary<(StoreFile File, long Unit), FileIndex> Remembered = new();
    private static readonly TimeSpan s_glanceAge = TimeSpan.FromSeconds(1);
    private static int s_rememberedDays;
    private volatile Seen? _seen;

    /// <summary>What the folder held at a moment; null when it is known to hold something else since.</summary>
    private sealed record Seen(IReadOnlyList<FileIndex> Files, Dictionary<string, FileIndex> ByPath, long? Moment);

    /// <summary>Full path.</summary>
    public string Root => root;

    /// <summary>Nanoseconds per unit of timestamps.</summary>
    public long Unit => unit;

    /// <summary>All files, in order of precedence.</summary>
    /// <exception cref="TsBackupException">StoreNotFound, StoreAccessDenied.</exception>
    public List<StoreFile> List() => List(null);

    private List<StoreFile> List(Seen? before)
    {
        if (!Directory.Exists(root))
        {
            throw new TsBackupException(
                ErrorId.StoreNotFound, $"The folder '{root}' does not exist.", store, "Check the path; it is file:/// and the full path.");
        }
        var files = new List<StoreFile>();
        try
        {
            Walk(new DirectoryInfo(root), before, files);
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Reading(error, root);
        }
        files.Sort(StoreFile.CompareByPrecedence);
        return files;
    }

    /// <summary>All files with what they hold, in order of precedence.</summary>
    public Task<IReadOnlyList<FileIndex>> IndexAsync(CancellationToken cancellation) => IndexAsync(null, cancellation);

    /// <summary>
    /// The same for a question about a few of them, of which there may be very many: what was seen within the last second counts, and a
    /// file of the same length and time is not opened again. Whoever reads it notices if it is another one after all.
    /// </summary>
    public async Task<IReadOnlyList<FileIndex>> GlanceAsync(CancellationToken cancellation)
    {
        var seen = _seen;
        return seen?.Moment is { } moment && Stopwatch.GetElapsedTime(moment) < s_glanceAge
            ? seen.Files
            : await IndexAsync(seen, cancellation).ConfigureAwait(false);
    }

    /// <summary>Makes the next glance look again: files were written or deleted.</summary>
    public void Expire()
    {
        if (_seen is { } seen)
            _seen = seen with { Moment = null };
    }

    private async Task<IReadOnlyList<FileIndex>> IndexAsync(Seen? trusted, CancellationToken cancellation)
    {
        var moment = Stopwatch.GetTimestamp();
        var files = List(trusted);
        var before = _seen;
        var result = new FileIndex[files.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellation };
        await Parallel.ForAsync(0, files.Count, options, (i, token) =>
        {
            result[i] = before?.ByPath.GetValueOrDefault(files[i].Path) is { Error: null } known && known.File == files[i]
                ? known
                : Index(files[i], token);
            return ValueTask.CompletedTask;
        }).ConfigureAwait(false);
        _seen = new Seen(result, result.ToDictionary(index => index.File.Path, StringComparer.Ordinal), moment);
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

    private void Walk(DirectoryInfo folder, Seen? before, List<StoreFile> files)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            if (entry.Name.StartsWith('.'))
                continue;
            if (entry is DirectoryInfo child)
            {
                if (child.LinkTarget is null)
                    Walk(child, before, files);
            }
            else if (FileNames.IsData(entry.Name))
            {
                var known = before?.ByPath.GetValueOrDefault(entry.FullName)?.File;
                files.Add(known is not null && known.LooksLike((FileInfo)entry) ? known : StoreFile.Of(root, entry.FullName));
            }
        }
    }
}
