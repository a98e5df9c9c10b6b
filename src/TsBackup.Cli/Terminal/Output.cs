using System.Collections;
using System.Globalization;
using Newtonsoft.Json;
using Newtonsoft.Json.Converters;
using TsBackup.Errors;

namespace TsBackup.Cli.Terminal;

/// <summary>Prints results to standard output: one JSON document, or tables for people.</summary>
internal static class Output
{
    private static readonly JsonSerializerSettings s_json = new()
    {
        Formatting = Formatting.Indented,
        Culture = CultureInfo.InvariantCulture,
        Converters = { new StringEnumConverter() },
    };

    public static void Json(object value) => Console.Out.WriteLine(JsonConvert.SerializeObject(value, s_json));

    /// <summary>
    /// Prints an error: a sentence, its id and the hint to standard error; with JSON also one document to standard output.
    /// </summary>
    public static void Error(TsBackupException error, bool json)
    {
        Console.Error.WriteLine($"error: {error.Message} ({error.Id})");
        if (error.Hint is { } hint)
            Console.Error.WriteLine("hint: " + hint);
        if (json)
        {
            Json(new
            {
                ErrorId = error.Id.ToString(),
                error.Message,
                Target = error.Target ?? "",
                Hint = error.Hint ?? "",
                error.IsTransient,
            });
        }
    }

    /// <summary>Prints rows under headings; numbers to the right.</summary>
    public static void Table(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<object?>> rows)
    {
        var texts = rows.Select(row => row.Select(Text).ToArray()).ToArray();
        var numeric = headings.Select((_, i) => texts.Length > 0 && texts.All(row => IsNumber(row[i]))).ToArray();
        var widths = headings.Select((heading, i) => texts.Select(row => row[i].Length).Append(heading.Length).Max()).ToArray();
        WriteRow(headings, widths, numeric);
        WriteRow([.. widths.Select(width => new string('-', width))], widths, numeric);
        foreach (var row in texts)
            WriteRow(row, widths, numeric);
    }

    /// <summary>Prints the properties of an object, one a line.</summary>
    /// <param name="value">The object.</param>
    /// <param name="texts">What to print of properties that have a unit, by name.</param>
    public static void List(object value, IReadOnlyDictionary<string, string>? texts = null)
    {
        var properties = value.GetType().GetProperties().Where(p => p.GetIndexParameters().Length == 0).ToArray();
        var width = properties.Max(p => p.Name.Length);
        foreach (var property in properties)
        {
            var content = property.GetValue(value);
            if (content is IEnumerable items and not string)
                content = string.Join(", ", items.Cast<object>());
            var text = texts?.GetValueOrDefault(property.Name) ?? Text(content);
            Console.Out.WriteLine($"{property.Name.PadRight(width)} : {text}");
        }
    }

    /// <summary>Prints a problem with the version, table and times that it concerns, unless its message names them.</summary>
    public static void Problem(BackupProblem problem)
    {
        var table = problem.Table.Length == 0 || problem.Message.StartsWith(problem.Table, StringComparison.Ordinal) ? ""
            : $" {problem.Table} [{problem.Start ?? "the beginning"} to {problem.End ?? "the end"}]:";
        var version = problem.VersionId.Length == 0 || problem.Message.Contains(problem.VersionId, StringComparison.Ordinal) ? ""
            : $" version {problem.VersionId}:";
        var copy = problem.FoundIn.Length > 0 ? $" It is whole in {problem.FoundIn}." : "";
        Console.Out.WriteLine($"  {problem.ErrorId}:{version}{table} {problem.Message}{copy}");
    }

    public static string Text(object? value) => value switch
    {
        null => "",
        TimeSpan time => time.ToString(time.TotalDays >= 1 ? @"d\.hh\:mm\:ss" : @"hh\:mm\:ss\.fff", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        double number => number.ToString("0.###", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(value is int or long ? "N0" : null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>A share of 0 to 1 in percent, rounded down: only what is whole is shown as whole.</summary>
    public static string Share(double share) => (Math.Floor(share * 1000) / 10).ToString("0.#", CultureInfo.InvariantCulture) + " %";

    private static bool IsNumber(string text) =>
        text.Length == 0 || double.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out _);

    private static void WriteRow(IReadOnlyList<string> cells, int[] widths, bool[] numeric)
    {
        var padded = cells.Select((cell, i) => numeric[i] ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]));
        Console.Out.WriteLine(string.Join("  ", padded).TrimEnd());
    }
}
