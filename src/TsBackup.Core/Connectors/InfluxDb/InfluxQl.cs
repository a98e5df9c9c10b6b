using System.Globalization;
using System.Text;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>Pieces of InfluxQL statements.</summary>
internal static class InfluxQl
{
    /// <summary>The times InfluxDB accepts.</summary>
    public static readonly TimeRange ValidTimes = new(long.MinValue + 2, long.MaxValue - 1);

    /// <summary>A name between double quotes.</summary>
    public static string Name(string name)
    {
        var quoted = new StringBuilder(name.Length + 2).Append('"');
        foreach (var c in name)
        {
            _ = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                _ => quoted.Append(c),
            };
        }
        return quoted.Append('"').ToString();
    }

    /// <summary>A text between single quotes.</summary>
    public static string Text(string text) =>
        "'"
        + text.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("'", "\\'", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal)
        + "'";

    /// <summary>Database, retention policy and measurement; an empty group means the default policy.</summary>
    public static string Source(string database, TableId table) =>
        $"{Name(database)}.{(table.Group.Length == 0 ? "" : Name(table.Group))}.{Name(table.Name)}";

    /// <summary>A condition that holds for the times of a range.</summary>
    public static string Times(TimeRange range)
    {
        var clipped = range.Intersect(ValidTimes);
        return string.Create(CultureInfo.InvariantCulture, $"time >= {clipped.First} AND time <= {clipped.Last}");
    }

    /// <summary>A duration as InfluxQL wants it: whole nanoseconds, or INF for zero.</summary>
    public static string Duration(long nanoseconds) =>
        nanoseconds == 0 ? "INF" : string.Create(CultureInfo.InvariantCulture, $"{nanoseconds}ns");
}
