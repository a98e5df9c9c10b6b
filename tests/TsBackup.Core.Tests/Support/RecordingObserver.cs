using System.Collections.Concurrent;
using TsBackup.Operations;

namespace TsBackup.Tests.Support;

/// <summary>Keeps what it hears.</summary>
internal sealed class RecordingObserver : IOperationObserver
{
    public ConcurrentQueue<OperationProgress> Steps { get; } = new();

    public ConcurrentQueue<string> Warnings { get; } = new();

    public void Progress(OperationProgress progress) => Steps.Enqueue(progress);

    public void Warning(string message) => Warnings.Enqueue(message);

    public void Verbose(string message)
    {
    }
}
