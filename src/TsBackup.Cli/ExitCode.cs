namespace TsBackup.Cli;

/// <summary>Exit codes of the command line; part of its contract with scripts.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongUsage = 2;
    public const int Incomplete = 3;
    public const int Damaged = 4;
    public const int Stopped = 130;
}
