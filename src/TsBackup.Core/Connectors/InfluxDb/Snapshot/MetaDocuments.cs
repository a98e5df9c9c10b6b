using System.Text.Json.Nodes;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>Makes the settings documents of a database out of metadata: the same that HTTP gives, and password hashes besides.</summary>
internal static class MetaDocuments
{
    /// <summary>All documents of a database.</summary>
    public static List<SettingsDocument> Of(MetaData meta, MetaDatabase database)
    {
        var documents = new List<SettingsDocument>();
        foreach (var policy in database.Policies)
        {
            documents.Add(new InfluxRetentionPolicy(
                policy.Name, policy.Duration, policy.ShardDuration, policy.Replication, policy.Name == database.DefaultPolicy)
                .ToDocument(database.Name));
        }
        foreach (var query in database.ContinuousQueries)
        {
            var readable = new JsonObject { ["name"] = query.Name, ["database"] = database.Name, ["query"] = query.Query };
            documents.Add(new SettingsDocument(InfluxSettingsReader.ContinuousQuery, query.Name, query.Query, readable.ToJsonString()));
        }
        foreach (var policy in database.Policies)
            documents.AddRange(policy.Subscriptions.Select(subscription => Subscription(database.Name, policy.Name, subscription)));
        documents.AddRange(meta.Users.Select(user => User(database.Name, user)).OfType<SettingsDocument>());
        return documents;
    }

    /// <summary>A user's document with the hash; null when the user has nothing to do with the database.</summary>
    public static SettingsDocument? User(string database, MetaUser user)
    {
        var privilege = user.Privileges.GetValueOrDefault(database) switch { 1 => "READ", 2 => "WRITE", 3 => "ALL", _ => null };
        if (!user.IsAdmin && privilege is null)
            return null;
        var native = privilege is null
            ? $"GRANT ALL PRIVILEGES TO {InfluxQl.Name(user.Name)}"
            : $"GRANT {privilege} ON {InfluxQl.Name(database)} TO {InfluxQl.Name(user.Name)}";
        var readable = new JsonObject
        {
            ["name"] = user.Name,
            ["database"] = database,
            ["admin"] = user.IsAdmin,
            ["privilege"] = privilege switch { null => "NO PRIVILEGES", "ALL" => "ALL PRIVILEGES", _ => privilege },
            ["passwordHash"] = user.Hash,
        };
        return new SettingsDocument(
            InfluxSettingsReader.User,
            user.Name,
            native,
            readable.ToJsonString(),
            Remark: "A running server takes no password hashes; the user must be made again with a new password.");
    }

    private static SettingsDocument Subscription(string database, string policy, MetaSubscription subscription)
    {
        var native = $"CREATE SUBSCRIPTION {InfluxQl.Name(subscription.Name)} ON {InfluxQl.Name(database)}.{InfluxQl.Name(policy)} "
            + $"DESTINATIONS {subscription.Mode} {string.Join(", ", subscription.Destinations.Select(InfluxQl.Text))}";
        var readable = new JsonObject
        {
            ["name"] = subscription.Name,
            ["database"] = database,
            ["retentionPolicy"] = policy,
            ["mode"] = subscription.Mode,
            ["destinations"] = new JsonArray([.. subscription.Destinations.Select(destination => (JsonNode?)destination)]),
        };
        return new SettingsDocument(
            InfluxSettingsReader.Subscription, $"{policy}/{subscription.Name}", native, readable.ToJsonString());
    }
}
