using System.Management.Automation;
using System.Runtime.CompilerServices;
using TsBackup.Operations;

namespace TsBackup.Pipeline;

/// <summary>Turns what an operation says into the streams of a cmdlet.</summary>
internal sealed class CmdletObserver(AsyncCmdlet cmdlet) : IOperationObserver
{
    // Cmdlets of one pipeline run inside each other, so each shows a bar of its own.
    private readonly int _activityId = RuntimeHelpers.GetHashCode(cmdlet);

    public void Progress(OperationProgress progress) => cmdlet.WriteProgress(
        new ProgressRecord(_activityId, progress.Activity, progress.Status.Length == 0 ? " " : progress.Status)
        {
            PercentComplete = progress.Fraction < 0 ? -1 : (int)(Math.Clamp(progress.Fraction, 0, 1) * 100),
            SecondsRemaining = progress.Remaining is { } left ? (int)Math.Min(left.TotalSeconds, int.MaxValue) : -1,
        });

    public void Warning(string message) => cmdlet.WriteWarning(message);

    public void Verbose(string message) => cmdlet.WriteVerbose(message);
}
