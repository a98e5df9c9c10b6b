namespace TsBackup;

/// <summary>A store as it answers now.</summary>
public sealed class TimeSeriesStore
{
    /// <summary>URI without secrets.</summary>
    public required string Store { get; init; }

    /// <summary>Connector that knows it.</summary>
    public required string Kind { get; init; }

    /// <summary>What the server calls itself.</summary>
    public required string Product { get; init; }

    /// <summary>Time until it had answered all questions.</summary>
    public TimeSpan ResponseTime { get; init; }

    /// <summary>Its tables.</summary>
    public IReadOnlyList<TimeSeriesTable> Tables { get; init; } = [];

    /// <summary>Its settings documents as <c>kind name</c>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Parts a backup is cut into.</summary>
    public int Groups { get; init; }

    /// <summary>Rows as far as the store says; null when it does not.</summary>
    public long? EstimatedRows { get; init; }

    /// <summary>Bytes as far as the store says; null when it does not.</summary>
    public long? EstimatedBytes { get; init; }

    /// <summary>What can be done with it.</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    /// <summary>What could not be seen.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>A table of a live store.</summary>
public sealed class TimeSeriesTable
{
    /// <summary>What the store puts above tables.</summary>
    public required string Group { get; init; }

    /// <summary>Name of the table.</summary>
    public required string Table { get; init; }

    /// <summary>Its columns as <c>name (role, type)</c>.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => Group.Length == 0 ? Table : $"{Group}/{Table}";
}
