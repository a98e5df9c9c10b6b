namespace TsBackup.Operations;

/// <summary>Hears what an operation does. Called from any thread, never at the same time twice.</summary>
public interface IOperationObserver
{
    /// <summary>Work has gone on. Called at most a few times a second.</summary>
    void Progress(OperationProgress progress);

    /// <summary>Something the user must see.</summary>
    void Warning(string message);

    /// <summary>Something for the log.</summary>
    void Verbose(string message);
}
