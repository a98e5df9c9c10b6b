using System.Globalization;
using TsBackup.TestServers.Tablestore;

namespace TsBackup.Bench;

/// <summary>The fake service in a process of its own, so that what it costs can be told from what we cost.</summary>
internal static class TablestoreServer
{
    /// <summary>Fills a table, prints the port, and serves until its standard input ends.</summary>
    public static async Task<int> RunAsync(int rows)
    {
        await using var server = new FakeTablestore();
        // About eight splits, as a larger table would have by its size.
        server.SplitBytes = Math.Max(1, rows * 30L);
        server.Fill("metrics", rows);
        Console.WriteLine(server.Port.ToString(CultureInfo.InvariantCulture));
        await Console.In.ReadToEndAsync();
        return 0;
    }
}
