using TsBackup.Errors;
using TsBackup.Tablestore.Protocol;

namespace TsBackup.Connectors.Tablestore;

/// <summary>
/// Which errors of the service are worth another try, and when: the rules of the official clients. What the service has certainly not
/// carried out is always tried again; what it may have carried out only when that does no harm.
/// </summary>
internal sealed class RetryPolicy(ConnectorOptions options)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan AdjustmentPause = TimeSpan.FromSeconds(15);

    // UpdateTable is allowed every two minutes.
    private static readonly TimeSpan AdjustmentPatience = TimeSpan.FromMinutes(4);

    /// <summary>The pause before another try; null when there is to be none.</summary>
    /// <param name="error">What happened.</param>
    /// <param name="tries">Tries so far.</param>
    /// <param name="spent">Time since the first try.</param>
    /// <param name="canRepeat">True when doing it twice does no harm.</param>
    public TimeSpan? PauseAfter(TsBackupException error, int tries, TimeSpan spent, bool canRepeat)
    {
        if (options.Attempts <= 1)
            return null;
        if (error.InnerException is ServiceErrorException service)
            return PauseAfter(service.Code, service.Text, tries, spent, canRepeat);
        var isDamaged = error.InnerException is TablestoreProtocolException { Fault: ProtocolFault.Checksum };
        return isDamaged && canRepeat && tries < options.Attempts ? Pause(200, tries) : null;
    }

    /// <summary>The pause before another try of a row; null when there is to be none.</summary>
    public TimeSpan? PauseAfter(string code, string? text, int tries, TimeSpan spent, bool canRepeat)
    {
        if (options.Attempts <= 1)
            return null;
        if (code == ErrorCodes.TooFrequentAdjustment)
            return spent < AdjustmentPatience ? AdjustmentPause : null;
        if (ErrorCodes.IsRetriable(code, text))
            return spent < options.Timeout ? Pause(ErrorCodes.IsThrottling(code, text) ? 500 : 200, tries) : null;
        return ErrorCodes.IsAmbiguous(code) && canRepeat && tries < options.Attempts ? Pause(200, tries) : null;
    }

    private static TimeSpan Pause(double factorMs, int tries)
    {
        var full = Math.Min(LongestPause.TotalMilliseconds, factorMs * Math.Pow(2, Math.Min(tries - 1, 10)));
        return TimeSpan.FromMilliseconds(full * (0.5 + (Random.Shared.NextDouble() / 2)));
    }
}
