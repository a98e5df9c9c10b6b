using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>A retention policy.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Duration">Nanoseconds that rows are kept; 0 = for ever.</param>
/// <param name="ShardDuration">Nanoseconds of a shard group.</param>
/// <param name="Replication">Copies in a cluster.</param>
/// <param name="IsDefault">True for the policy used when none is named.</param>
internal sealed record InfluxRetentionPolicy(string Name, long Duration, long ShardDuration, long Replication, bool IsDefault)
{
    /// <summary>The kind of its settings document.</summary>
    public const string Kind = "retention-policy";

    /// <summary>Takes a row of SHOW RETENTION POLICIES.</summary>
    public static InfluxRetentionPolicy From(InfluxRow row) => new(
        row.Text("name"),
        GoDuration.Parse(row.Text("duration")),
        GoDuration.Parse(row.Text("shardGroupDuration")),
        row.Integer("replicaN"),
        row.Flag("default"));

    /// <summary>The statement that makes it.</summary>
    public string Create(string database, long duration) => string.Create(
        CultureInfo.InvariantCulture,
        $"CREATE RETENTION POLICY {InfluxQl.Name(Name)} ON {InfluxQl.Name(database)} DURATION {InfluxQl.Duration(duration)} ")
        + string.Create(CultureInfo.InvariantCulture, $"REPLICATION {Math.Max(1, Replication)}{ShardClause}");

    /// <summary>The statement that sets its duration.</summary>
    public string Alter(string database) => string.Create(
        CultureInfo.InvariantCulture,
        $"ALTER RETENTION POLICY {InfluxQl.Name(Name)} ON {InfluxQl.Name(database)} DURATION {InfluxQl.Duration(Duration)}{ShardClause}");

    /// <summary>Its settings document.</summary>
    public SettingsDocument ToDocument(string database)
    {
        var readable = new JsonObject
        {
            ["name"] = Name,
            ["duration"] = GoDuration.Format(Duration),
            ["durationNanoseconds"] = Duration,
            ["shardDuration"] = GoDuration.Format(ShardDuration),
            ["shardDurationNanoseconds"] = ShardDuration,
            ["replication"] = Replication,
            ["default"] = IsDefault,
        };
        return new SettingsDocument(Kind, Name, Create(database, Duration) + (IsDefault ? " DEFAULT" : ""), readable.ToJsonString());
    }

    /// <summary>Reads a settings document; null when it is of another kind or not readable.</summary>
    public static InfluxRetentionPolicy? FromDocument(SettingsDocument document)
    {
        if (document.Kind != Kind)
            return null;
        try
        {
            var json = JsonNode.Parse(document.Readable);
            return json?["durationNanoseconds"] is null
                ? null
                : new InfluxRetentionPolicy(
                    document.Name,
                    (long)json["durationNanoseconds"]!,
                    (long?)json["shardDurationNanoseconds"] ?? 0,
                    (long?)json["replication"] ?? 1,
                    (bool?)json["default"] ?? false);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private string ShardClause =>
        ShardDuration > 0 ? string.Create(CultureInfo.InvariantCulture, $" SHARD DURATION {ShardDuration}ns") : "";
}
