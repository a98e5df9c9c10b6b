using System.Globalization;
using TsBackup.Operations;

namespace TsBackup.Cli.Terminal;

/// <summary>Prints progress, warnings and the log to standard error. On a terminal progress is one line that changes.</summary>
internal sealed class ConsoleObserver(bool quiet, bool verbose) : IOperationObserver
{
    private const int UsualWidth = 80;

    private readonly Lock _lock = new();
    private readonly bool _isTerminal = !System.Console.IsErrorRedirected;
    private int _width;

    public void Progress(OperationProgress progress)
    {
        if (quiet || !_isTerminal)
            return;
        var share = progress.Fraction >= 0 ? string.Create(CultureInfo.InvariantCulture, $" {progress.Fraction * 100,5:F1} %") : "";
        var left = progress.Remaining is { } remaining ? $", {Format(remaining)} left" : "";
        var room = Room();
        var line = Fit($"{progress.Activity}:{share} {progress.Status}{left}", room);
        lock (_lock)
        {
            System.Console.Error.Write('\r' + line.PadRight(Math.Min(_width, room)));
            _width = line.Length;
        }
    }

    /// <summary>A line that wraps cannot be written over: its end gives way to an ellipsis.</summary>
    /// <param name="line">The line.</param>
    /// <param name="room">Characters there is room for.</param>
    internal static string Fit(string line, int room)
    {
        if (line.Length <= room)
            return line;
        var kept = room - 1;
        if (char.IsHighSurrogate(line[kept - 1]))
            kept--;
        return string.Concat(line.AsSpan(0, kept), "…");
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

    private static int Room()
    {
        try
        {
            // Terminals wrap when the last column is filled. Some do not tell their width.
            return System.Console.WindowWidth is > 2 and var columns ? columns - 1 : UsualWidth - 1;
        }
        catch (Exception e) when (e is IOException or PlatformNotSupportedException)
        {
            return UsualWidth - 1;
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
