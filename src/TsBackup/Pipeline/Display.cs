using System.Globalization;
using System.Management.Automation;
using TsBackup.Model;

namespace TsBackup.Pipeline;

/// <summary>Writes values for the views of TsBackup.Format.ps1xml.</summary>
public static class Display
{
    /// <summary>A number of bytes with its unit; empty for null.</summary>
    public static string Bytes(long? bytes) => bytes is { } value ? SizeText.Format(value) : "";

    /// <summary>A duration as people read it.</summary>
    public static string Duration(TimeSpan duration) => duration switch
    {
        { TotalDays: >= 1 } => duration.ToString(@"d\.hh\:mm\:ss", CultureInfo.InvariantCulture),
        { TotalMinutes: >= 1 } => duration.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture),
        _ => duration.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture) + " s",
    };

    /// <summary>
    /// A time in UTC, to the minute; empty for null. Objects from another session bring theirs taken apart.
    /// </summary>
    public static string Time(object? time) => (time is PSObject wrapped ? Unwrap(wrapped) : time) switch
    {
        DateTimeOffset moment => Minute(moment),
        DateTime moment => Minute(new DateTimeOffset(DateTime.SpecifyKind(moment, DateTimeKind.Utc))),
        _ => "",
    };

    /// <summary>A share of 0 to 1 in percent, rounded down: only what is whole is shown as whole.</summary>
    public static string Share(double share) => (Math.Floor(share * 1000) / 10).ToString("0.#", CultureInfo.InvariantCulture) + " %";

    /// <summary>What a comparison has shown.</summary>
    public static string Verdict(bool? verified) => verified switch { true => "equal", false => "DIFFERENT", null => "not compared" };

    private static object? Unwrap(PSObject time)
    {
        if (time.BaseObject is DateTimeOffset moment)
            return moment;
        return time.Properties["UtcDateTime"]?.Value is { } utc ? LanguagePrimitives.ConvertTo<DateTime>(utc) : null;
    }

    private static string Minute(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
