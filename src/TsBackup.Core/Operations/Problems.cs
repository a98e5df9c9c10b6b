using System.Collections.Concurrent;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Operations;

/// <summary>Collects what is found wrong. Thread-safe.</summary>
internal sealed class Problems(string versionId)
{
    private readonly ConcurrentQueue<BackupProblem> _all = new();

    public int Count => _all.Count;

    public IReadOnlyList<BackupProblem> ToList() => [.. _all];

    public void Add(TsBackupException error, Slice? slice = null, string foundIn = "") =>
        Add(error.Id, error.Message, error.Target ?? "", slice, foundIn);

    /// <summary>Damage that another version or repository makes good.</summary>
    public void Add(FoundBlock block) => Add(block.Damage, block.Slice.Slice, block.Location);

    public void Add(ErrorId id, string message, string target = "", Slice? slice = null, string foundIn = "") =>
        _all.Enqueue(new BackupProblem
        {
            ErrorId = id.ToString(),
            Message = message,
            Object = target,
            VersionId = versionId,
            Table = slice?.Table.ToString() ?? "",
            Start = slice is null || slice.Window.First == long.MinValue ? null : TimeText.Format(slice.Window.First),
            End = slice is null || slice.Window.Last == long.MaxValue ? null : TimeText.Format(slice.Window.Last),
            FoundIn = foundIn,
        });
}
