using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>Goes along the chain of log entries and notes where it breaks; what a later repair took note of is no problem.</summary>
internal sealed class LogFollower
{
    private readonly Dictionary<string, TsBackupException> _problems = new(StringComparer.Ordinal);
    private readonly HashSet<string> _accepted = new(StringComparer.Ordinal);
    private string? _expected = "";

    /// <summary>Number of the last entry.</summary>
    public long Last { get; private set; }

    public IEnumerable<KeyValuePair<string, TsBackupException>> Problems => _problems.Where(problem => !_accepted.Contains(problem.Key));

    public void ReachSequence(long sequence)
    {
        for (Last++; Last < sequence; Last++)
        {
            var missing = ObjectNames.LogEntry(Last);
            TakeDamaged(missing, RepositoryErrors.Damaged(ObjectKind.Log, missing, "it is missing"));
        }
    }

    public void Take(LogEntry entry)
    {
        _accepted.UnionWith(entry.Events.Where(item => item.Action == LogAction.Accepted).Select(item => item.Name));

        // After a gap or a damaged entry there is nothing to compare with.
        if (_expected is not null && entry.Previous != _expected)
        {
            var name = ObjectNames.LogEntry(entry.Position.Sequence);
            _problems[name] = RepositoryErrors.Damaged(ObjectKind.Log, name, "it does not follow from the entry before");
        }
        _expected = entry.Position.Checksum;
    }

    public void TakeDamaged(string name, TsBackupException failure)
    {
        _problems[name] = failure;
        _expected = null;
    }
}
