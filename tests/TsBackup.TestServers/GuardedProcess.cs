using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace TsBackup.TestServers;

/// <summary>
/// A program that dies with the process that started it: a shell holds our pipe open and ends the program when the pipe closes, which
/// it does however we end.
/// </summary>
internal sealed class GuardedProcess
{
    private const int SigTerm = 15;
    private const int SigKill = 9;
    private const string Script = "\"$@\" >\"$TSBACKUP_LOG\" 2>&1 </dev/null & p=$!; echo $p; cat >/dev/null; kill -9 $p 2>/dev/null; wait $p 2>/dev/null";
    private readonly Process _guard;

    private GuardedProcess(Process guard, int id)
    {
        _guard = guard;
        Id = id;
    }

    public int Id { get; }

    public bool IsRunning => !HasEnded();

    public static GuardedProcess Start(string program, string[] arguments, string logFile)
    {
        var start = new ProcessStartInfo("/bin/sh")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["TSBACKUP_LOG"] = logFile;
        foreach (var argument in (string[])["-c", Script, "sh", program, .. arguments])
            start.ArgumentList.Add(argument);
        var guard = Process.Start(start) ?? throw new InvalidOperationException("/bin/sh cannot be started.");
        var line = guard.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{program} cannot be started.");
        return new GuardedProcess(guard, int.Parse(line, CultureInfo.InvariantCulture));
    }

    /// <summary>Asks it to end, waits, and insists after half a minute.</summary>
    public void Terminate()
    {
        _ = SendSignal(Id, SigTerm);
        // The guard has not waited for it yet, so that an ended program still has its id: its state tells.
        for (var i = 0; i < 3000 && !HasEnded(); i++)
            Thread.Sleep(10);
        End();
    }

    public void Kill()
    {
        _ = SendSignal(Id, SigKill);
        End();
    }

    private void End()
    {
        _guard.StandardInput.Close();
        _guard.WaitForExit();
        _guard.Dispose();
    }

    private bool HasEnded()
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{Id.ToString(CultureInfo.InvariantCulture)}/stat");
            return stat[stat.LastIndexOf(')') + 2] == 'Z';
        }
        catch (IOException)
        {
            return true;
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int process, int signal);
}
