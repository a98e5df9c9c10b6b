using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>The results of tests that a repository keeps, and those of this run that are still to be kept.</summary>
internal sealed class TestHistory
{
    private readonly Dictionary<(string Level, string Subject, TestExtent Extent), TestRecord> _newest = [];
    private readonly List<TestRecord> _new = [];
    private readonly bool _canKeep;

    private TestHistory(bool canKeep) => _canKeep = canKeep;

    /// <summary>Packs that were good, and when they were last read.</summary>
    public IReadOnlyDictionary<PackId, DateTimeOffset> Packs => _newest.Values
        .SelectMany(record => record.Packs)
        .GroupBy(pack => pack.Key)
        .ToDictionary(group => group.Key, group => group.Max(pack => pack.Value));

    /// <summary>Reads what is kept; nothing without a key.</summary>
    public static async Task<TestHistory> ReadAsync(BlockRepository repository, CancellationToken cancellation)
    {
        var history = new TestHistory(repository.Info.Access is not null);
        if (!history._canKeep)
            return history;
        foreach (var record in await repository.Tests.ListAsync(cancellation).ConfigureAwait(false))
            history._newest[KeyOf(record)] = record;
        return history;
    }

    /// <summary>The newest results by version, newest level first.</summary>
    public static async Task<ILookup<string, BackupTestSummary>> SummariesAsync(BlockRepository repository, CancellationToken cancellation)
    {
        var records = await repository.Tests.ListAsync(cancellation).ConfigureAwait(false);
        return records.Where(record => Enum.TryParse<BackupTestLevel>(record.Level, out _))
            .GroupBy(record => (record.Level, record.Subject))
            .Select(group => group.MaxBy(record => record.Time)!)
            .OrderByDescending(record => record.Time)
            .ToLookup(record => record.Subject, Summary);
    }

    /// <summary>When a subject passed whole, if that is the newest that is known of it; null else.</summary>
    public DateTimeOffset? LastPassed(BackupTestLevel level, string subject)
    {
        if (Find(level, subject, TestExtent.Whole) is not { Passed: true } whole)
            return null;
        foreach (var extent in new[] { TestExtent.Begun, TestExtent.Sample })
        {
            if (Find(level, subject, extent) is { Passed: false } failed && failed.Time >= whole.Time)
                return null;
        }
        return whole.Time;
    }

    /// <summary>A test of a version that ran out of time and was not ended since.</summary>
    public TestRecord? Begun(BackupTestLevel level, string subject) =>
        Find(level, subject, TestExtent.Begun) is { } begun
        && (Find(level, subject, TestExtent.Whole) is not { } whole || whole.Time < begun.Time)
            ? begun : null;

    public void Add(TestRecord record)
    {
        _newest[KeyOf(record)] = record;
        if (_canKeep)
            _new.Add(record);
    }

    public async Task KeepAsync(BlockRepository repository, CancellationToken cancellation)
    {
        if (_new.Count == 0)
            return;
        var records = _new.ToArray();
        _new.Clear();
        await repository.Tests.KeepAsync(records, cancellation).ConfigureAwait(false);
    }

    private static BackupTestSummary Summary(TestRecord record) => new()
    {
        Level = Enum.Parse<BackupTestLevel>(record.Level),
        Time = record.Time,
        Outcome = !record.Passed ? BackupTestOutcome.Failed
            : record.Extent == TestExtent.Whole ? BackupTestOutcome.Passed
            : record.Uncovered >= 1_000_000 ? BackupTestOutcome.NotReached
            : BackupTestOutcome.Partial,
        Coverage = 1 - (record.Uncovered / 1e6),
    };

    private static (string Level, string Subject, TestExtent Extent) KeyOf(TestRecord record) =>
        (record.Level, record.Subject, record.Extent);

    private TestRecord? Find(BackupTestLevel level, string subject, TestExtent extent) =>
        _newest.GetValueOrDefault((level.ToString(), subject, extent));
}
