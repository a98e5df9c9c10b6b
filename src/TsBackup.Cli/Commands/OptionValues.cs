using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace TsBackup.Cli.Commands;

/// <summary>Reads the values of options, with a sentence for people about what does not fit.</summary>
internal static class OptionValues
{
    /// <summary>How durations are written, for descriptions.</summary>
    public const string DurationForm = "7d, 4h, 30m, 90s or d.hh:mm:ss";

    /// <summary>A duration: a whole number with its unit, or days, hours, minutes and seconds.</summary>
    public static TimeSpan Duration(ArgumentResult result)
    {
        var text = TextOf(result);
        if (TryUnit(text, out var duration))
            return duration;
        // A bare number would mean days.
        if (text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out duration))
            return duration;
        result.AddError($"'{text}' is not a duration for {NameOf(result)}: write {DurationForm}.");
        return default;
    }

    /// <summary>One of the names of an enum, in any case.</summary>
    public static T Choice<T>(ArgumentResult result)
        where T : struct, Enum
    {
        var text = TextOf(result);
        var names = Enum.GetNames<T>();
        if (names.Contains(text, StringComparer.OrdinalIgnoreCase))
            return Enum.Parse<T>(text, ignoreCase: true);
        var choices = Array.ConvertAll(names, name => name.ToLowerInvariant());
        result.AddError($"'{text}' is not a value of {NameOf(result)}: use {string.Join(", ", choices[..^1])} or {choices[^1]}.");
        return default;
    }

    /// <summary>A number, written as in programs.</summary>
    public static T Number<T>(ArgumentResult result)
        where T : struct, INumber<T>
    {
        var text = TextOf(result);
        if (T.TryParse(text, CultureInfo.InvariantCulture, out var number) && T.IsFinite(number))
            return number;
        var kind = typeof(T) == typeof(double) ? "number" : "whole number";
        result.AddError($"'{text}' is not a {kind} for {NameOf(result)}, or it is out of range.");
        return default;
    }

    private static bool TryUnit(string text, out TimeSpan duration)
    {
        duration = default;
        var unit = text.Length == 0 ? 0 : text[^1] switch
        {
            'd' => TimeSpan.TicksPerDay,
            'h' => TimeSpan.TicksPerHour,
            'm' => TimeSpan.TicksPerMinute,
            's' => TimeSpan.TicksPerSecond,
            _ => 0,
        };
        if (unit == 0 || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || count > long.MaxValue / unit)
        {
            return false;
        }
        duration = TimeSpan.FromTicks(count * unit);
        return true;
    }

    private static string TextOf(ArgumentResult result) => result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";

    private static string NameOf(ArgumentResult result) => result.Parent is OptionResult option ? option.Option.Name : result.Argument.Name;
}
