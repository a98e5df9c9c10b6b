using System.Globalization;
using TsBackup.Operations;

namespace TsBackup.Cli.Terminal;

/// <summary>Prints progress, warnings and the log to standard error. On a terminal progress is one line that changes.</summary>
internal sealed class ConsoleObserver(bool quiet, bool verbose) : IOperationObserver
{
    private readonly Lock _lock = new();
    private readonly bool _isTerminal = !System.Console.IsErrorRedirected;
    private int _width;

    public void Progress(OperationProgress progress)
    {
        if (quiet || !_isTerminal)
            return;
        var share = progress.Fraction >= 0 ? string.Create(CultureInfo.InvariantCulture, $" {progress.Fraction * 100,5:F1} %") : "";
        var left = progress.Remaining is { } remaining ? $", {Format(remaining)} left" : "";
        var line = $"{progress.Activity}:{share} {progress.Status}{left}";
        lock (_lock)
        {
            System.Console.Error.Write('\r' + line.PadRight(_width));
            _width = line.Length;
        }
    }

    public void Warning(string message) => WriteLine("warning: " + message);

    public void Verbose(string message)
    {
        if (verbose)
            WriteLine(message);
    }

    /// <summary>Takes the progress line away.</summary>
    public void Finish()
    {
        lock (_lock)
        {
            if (_width > 0)
                System.Console.Error.Write('\r' + new string(' ', _width) + '\r');
            _width = 0;
        }
    }

    private static string Format(TimeSpan time) => time.TotalHours >= 1
        ? time.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture)
        : time.ToString(@"m\:ss", CultureInfo.InvariantCulture);

    private void WriteLine(string line)
    {
        Finish();
        lock (_lock)
            System.Console.Error.WriteLine(line);
    }
}
