namespace TsBackup.Connectors.Http;

/// <summary>How long to wait before another try: doubling from a quarter second to half a minute, each between half and all of it.</summary>
internal static class Backoff
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>The pause after a number of failed tries.</summary>
    /// <param name="failedTries">Tries that failed, from 1.</param>
    /// <param name="asked">The pause the server asked for, if any; it is kept unless it is longer than ten minutes.</param>
    public static TimeSpan Pause(int failedTries, TimeSpan? asked)
    {
        var full = Math.Min(First.TotalMilliseconds * Math.Pow(2, Math.Min(failedTries - 1, 20)), Longest.TotalMilliseconds);
        var pause = TimeSpan.FromMilliseconds(full * (0.5 + (Random.Shared.NextDouble() / 2)));
        return asked is { } wanted && wanted > pause && wanted <= TimeSpan.FromMinutes(10) ? wanted : pause;
    }
}
