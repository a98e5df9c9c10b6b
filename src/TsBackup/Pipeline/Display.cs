using System.Globalization;

namespace TsBackup.Pipeline;

/// <summary>Writes values for the views of TsBackup.Format.ps1xml.</summary>
public static class Display
{
    private static readonly string[] s_units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>A number of bytes with its unit; empty for null.</summary>
    public static string Bytes(long? bytes)
    {
        if (bytes is not { } value)
            return "";
        var unit = 0;
        double scaled = value;
        while (Math.Abs(scaled) >= 1024 && unit < s_units.Length - 1)
        {
            scaled /= 1024;
            unit++;
        }
        return scaled.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + s_units[unit];
    }

    /// <summary>A duration as people read it.</summary>
    public static string Duration(TimeSpan duration) => duration switch
    {
        { TotalDays: >= 1 } => duration.ToString(@"d\.hh\:mm\:ss", CultureInfo.InvariantCulture),
        { TotalMinutes: >= 1 } => duration.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture),
        _ => duration.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture) + " s",
    };

    /// <summary>A time in the zone of this machine; empty for null.</summary>
    public static string Time(DateTimeOffset? time) => time?.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "";

    /// <summary>A share of 0 to 1 in percent, rounded down: only what is whole is shown as whole.</summary>
    public static string Share(double share) => (Math.Floor(share * 1000) / 10).ToString("0.#", CultureInfo.InvariantCulture) + " %";

    /// <summary>What a comparison has shown.</summary>
    public static string Verdict(bool? verified) => verified switch { true => "equal", false => "DIFFERENT", null => "not compared" };
}
