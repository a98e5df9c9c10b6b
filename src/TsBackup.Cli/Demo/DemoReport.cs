namespace TsBackup.Cli.Demo;

/// <summary>What the demo did.</summary>
internal sealed class DemoReport
{
    public required IReadOnlyList<DemoStep> Steps { get; init; }

    public bool Passed => Steps.Count > 0 && Steps.All(step => step.Passed);
}
