using System.Globalization;

namespace TsBackup.Model;

/// <summary>Numbers of bytes as people read them.</summary>
public static class SizeText
{
    private static readonly string[] s_units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>A number of bytes in the largest unit of 1024 of which there is one, such as <c>1.5 MiB</c>.</summary>
    public static string Format(long bytes)
    {
        var unit = 0;
        double scaled = bytes;
        while (Math.Abs(scaled) >= 1024 && unit < s_units.Length - 1)
        {
            scaled /= 1024;
            unit++;
        }
        return scaled.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + s_units[unit];
    }
}
