using System.Globalization;
using System.Text;

namespace TsBackup.Cli.Demo;

/// <summary>Writes seeded measurements of a few machines as line protocol files, one a day.</summary>
internal sealed class DemoData
{
    public const int PointsPerRow = 10;
    private const int Hosts = 20;
    private const int SecondsPerRow = 60;
    private const int RowsPerDay = 86_400 / SecondsPerRow;

    private static readonly string[] s_states = ["idle", "busy", "draining", "maintenance"];
    private static readonly DateTime s_start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly Random _random = new(20260101);
    private readonly double[] _floats = new double[Hosts * 5];
    private readonly long[] _integers = new long[Hosts * 3];
    private int _tick;

    public DemoData(string folder)
    {
        Folder = folder;
        Directory.CreateDirectory(folder);
        for (var i = 0; i < _floats.Length; i++)
            _floats[i] = Math.Round(_random.NextDouble() * 100, 2);
    }

    public string Folder { get; }

    public static int TicksFor(long points) => (int)Math.Max(1, points / (Hosts * PointsPerRow));

    /// <summary>Writes rows of all hosts for the next ticks; days already begun get a further file.</summary>
    public void Append(int ticks)
    {
        var text = new StringBuilder();
        var day = _tick / RowsPerDay;
        var part = _tick;
        for (var end = _tick + ticks; _tick < end; _tick++)
        {
            if (_tick / RowsPerDay != day)
            {
                Write(day, part, text);
                day = _tick / RowsPerDay;
                part = _tick;
            }
            for (var host = 0; host < Hosts; host++)
                AppendRow(text, host);
        }
        Write(day, part, text);
    }

    /// <summary>Changes one value in the first day's file, keeping the file's size.</summary>
    public void ChangeOneValue()
    {
        var file = Directory.GetFiles(Folder, "*.lp").Order(StringComparer.Ordinal).First();
        var bytes = File.ReadAllBytes(file);
        var at = bytes.AsSpan().IndexOf("requests="u8) + "requests=".Length;
        bytes[at] = bytes[at] == (byte)'1' ? (byte)'2' : (byte)'1';
        File.WriteAllBytes(file, bytes);
    }

    private void AppendRow(StringBuilder text, int host)
    {
        var culture = CultureInfo.InvariantCulture;
        text.Append(culture, $"machine,host=host-{host:D2},rack=r{host % 4} ");
        for (var i = 0; i < 5; i++)
        {
            ref var value = ref _floats[(host * 5) + i];
            value = Math.Round(Math.Clamp(value + Gauss(), 0, 100), 2);
            text.Append(culture, $"load{i}={value},");
        }
        ref var requests = ref _integers[host * 3];
        requests += 1000 + _random.Next(500);
        ref var errors = ref _integers[(host * 3) + 1];
        errors += _random.Next(50) == 0 ? 1 : 0;
        ref var sessions = ref _integers[(host * 3) + 2];
        sessions = Math.Max(0, sessions + _random.Next(-2, 3));
        var state = s_states[_random.Next(200) == 0 ? _random.Next(1, s_states.Length) : 0];
        var time = ((s_start.Ticks - DateTime.UnixEpoch.Ticks) * 100L) + (_tick * (long)SecondsPerRow * 1_000_000_000);
        text.Append(culture, $"requests={requests}i,errors={errors}i,sessions={sessions}i,");
        text.Append(culture, $"healthy={(errors % 97 == 0 ? 'f' : 't')},state=\"{state}\" {time}\n");
    }

    private double Gauss() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());

    private void Write(int day, int part, StringBuilder text)
    {
        if (text.Length == 0)
            return;
        var name = $"machine-{s_start.AddDays(day):yyyy-MM-dd}-{part:D8}.lp";
        File.WriteAllText(Path.Combine(Folder, name), text.ToString());
        text.Clear();
    }
}
