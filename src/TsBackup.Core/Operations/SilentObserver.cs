namespace TsBackup.Operations;

/// <summary>Hears and says nothing.</summary>
public sealed class SilentObserver : IOperationObserver
{
    /// <summary>The only one.</summary>
    public static SilentObserver Instance { get; } = new();

    /// <inheritdoc/>
    public void Progress(OperationProgress progress)
    {
    }

    /// <inheritdoc/>
    public void Warning(string message)
    {
    }

    /// <inheritdoc/>
    public void Verbose(string message)
    {
    }
}
