namespace TsBackup.Bench;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        if (args is ["codec", ..])
            return CodecBench.Run(args[1..]);
        if (args is ["lineprotocol", ..])
            return LineProtocolBench.Run(args[1..]);
        if (args is ["scale", ..])
            return await ScaleBench.RunAsync(args[1..]);
        if (args is ["tablestore", ..])
            return await TablestoreBench.RunAsync(args[1..]);
        if (args is ["tablestore-server", var rows])
            return await TablestoreServer.RunAsync(int.Parse(rows, System.Globalization.CultureInfo.InvariantCulture));
        if (args.Length > 0 && (args[0] == "all" || DesignBench.Names.Contains(args[0])))
            return await DesignBench.RunAsync(args[0], args.Contains("--json"));
        Console.Error.WriteLine($"usage: TsBackup.Bench all|{string.Join('|', DesignBench.Names)} [--json]");
        Console.Error.WriteLine("       TsBackup.Bench codec [--rounds N] [--rows N] [--shape NAME]");
        Console.Error.WriteLine("       TsBackup.Bench lineprotocol [--rounds N]");
        Console.Error.WriteLine("       TsBackup.Bench scale [versions [blocks]]");
        Console.Error.WriteLine("       TsBackup.Bench tablestore [rows [rounds]]");
        return 2;
    }
}
