using System.Text.Json;
using TsBackup.Errors;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>Reads chunked JSON replies of one statement: objects one after another.</summary>
internal static class InfluxJson
{
    /// <summary>Rows of the series of one name, by column name.</summary>
    /// <exception cref="TsBackupException">The statement was refused, or rows were left out.</exception>
    /// <exception cref="JsonException">The text is no such reply.</exception>
    public static List<Dictionary<string, JsonElement>> Rows(ReadOnlySpan<byte> reply, string target, string series)
    {
        var rows = new List<Dictionary<string, JsonElement>>();
        var reader = new Utf8JsonReader(reply, new JsonReaderOptions { AllowMultipleValues = true });
        var complete = false;
        while (reader.Read())
        {
            var root = JsonElement.ParseValue(ref reader);
            if (root.TryGetProperty("error", out var refusal))
                throw InfluxErrors.FromQuery(target, refusal.GetString() ?? "");
            foreach (var result in root.GetProperty("results").EnumerateArray())
            {
                if (result.TryGetProperty("error", out var error))
                    throw InfluxErrors.FromQuery(target, error.GetString() ?? "");
                complete = !result.TryGetProperty("partial", out var partial) || !partial.GetBoolean();
                if (result.TryGetProperty("series", out var list))
                    Collect(list, series, rows);
            }
        }
        return complete
            ? rows
            : throw new TsBackupException(ErrorId.StoreReplyPartial, $"{target} left out rows of a reply.", target);
    }

    private static void Collect(JsonElement list, string series, List<Dictionary<string, JsonElement>> rows)
    {
        foreach (var one in list.EnumerateArray())
        {
            if (one.GetProperty("name").GetString() != series || !one.TryGetProperty("values", out var values))
                continue;
            var columns = one.GetProperty("columns").EnumerateArray().Select(c => c.GetString() ?? "").ToArray();
            foreach (var row in values.EnumerateArray())
            {
                var cells = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
                foreach (var cell in row.EnumerateArray())
                    cells[columns[cells.Count]] = cell;
                rows.Add(cells);
            }
        }
    }
}
