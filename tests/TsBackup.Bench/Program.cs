namespace TsBackup.Bench;

internal static class Program
{
    private static int Main(string[] args)
    {
        if (args is ["codec", ..])
            return CodecBench.Run(args[1..]);
        Console.Error.WriteLine("usage: TsBackup.Bench codec [--rounds N] [--rows N] [--shape NAME]");
        return 2;
    }
}
