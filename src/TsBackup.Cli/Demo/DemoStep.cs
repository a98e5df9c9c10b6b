namespace TsBackup.Cli.Demo;

/// <summary>A line of the demo's table.</summary>
internal sealed class DemoStep
{
    public required string Step { get; init; }

    public long? Rows { get; init; }

    public long? Points { get; init; }

    public long? Bytes { get; init; }

    public double? BytesPerPoint => Bytes is { } bytes && Points is > 0 ? Math.Round((double)bytes / Points.Value, 3) : null;

    public double Seconds { get; set; }

    public bool Passed { get; init; }

    public string Remark { get; init; } = "";
}
