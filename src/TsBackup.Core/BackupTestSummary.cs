using System.Globalization;

namespace TsBackup;

/// <summary>A result of a test as the repository keeps it.</summary>
public sealed class BackupTestSummary
{
    /// <summary>How deep the test looked.</summary>
    public required BackupTestLevel Level { get; init; }

    /// <summary>When it began (UTC); of a test in several runs, the first of them.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>What came out.</summary>
    public required BackupTestOutcome Outcome { get; init; }

    /// <summary>Share that was looked at, 0 to 1.</summary>
    public double Coverage { get; init; } = 1;

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Level} {Outcome} {Time.UtcDateTime:yyyy-MM-dd HH:mm}Z{(Coverage < 1 ? $" ({Coverage:0.#%})" : "")}");
}
