namespace TsBackup.Cli.Demo;

/// <summary>A verdict of the demo was wrong; the rest makes no sense without it.</summary>
internal sealed class DemoFailedException(DemoReport report) : Exception("A step of the demo failed.")
{
    public DemoReport Report { get; } = report;
}
