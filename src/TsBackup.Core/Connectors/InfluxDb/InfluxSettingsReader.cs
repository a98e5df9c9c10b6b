using System.Text.Json.Nodes;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>Reads continuous queries, subscriptions and users; what the user may not see becomes a warning.</summary>
internal sealed class InfluxSettingsReader(InfluxApi api, List<string> warnings)
{
    /// <summary>The kind of a continuous query's document.</summary>
    public const string ContinuousQuery = "continuous-query";

    /// <summary>The kind of a subscription's document.</summary>
    public const string Subscription = "subscription";

    /// <summary>The kind of a user's document.</summary>
    public const string User = "user";

    /// <summary>Reads all of them.</summary>
    public async Task<IReadOnlyList<SettingsDocument>> ReadAsync(CancellationToken cancellation)
    {
        var settings = new List<SettingsDocument>();
        await AddAsync("Continuous queries", ContinuousQueriesAsync).ConfigureAwait(false);
        await AddAsync("Subscriptions", SubscriptionsAsync).ConfigureAwait(false);
        await AddAsync("Users", UsersAsync).ConfigureAwait(false);
        return settings;

        async Task AddAsync(string what, Func<CancellationToken, Task<IEnumerable<SettingsDocument>>> read)
        {
            try
            {
                settings.AddRange(await read(cancellation).ConfigureAwait(false));
            }
            catch (TsBackupException e) when (e.Id is ErrorId.StoreAccessDenied)
            {
                warnings.Add($"{what} of {api.Target} are not in the catalog: the user may not see them.");
            }
        }
    }

    private async Task<IEnumerable<SettingsDocument>> ContinuousQueriesAsync(CancellationToken cancellation)
    {
        var rows = await api.QueryAsync("SHOW CONTINUOUS QUERIES", cancellation).ConfigureAwait(false);
        return rows.Where(row => row.Series == api.Database).Select(row => new SettingsDocument(
            ContinuousQuery,
            row.Text("name"),
            row.Text("query"),
            new JsonObject { ["name"] = row.Text("name"), ["database"] = api.Database, ["query"] = row.Text("query") }.ToJsonString()));
    }

    private async Task<IEnumerable<SettingsDocument>> SubscriptionsAsync(CancellationToken cancellation)
    {
        var rows = await api.QueryJsonAsync("SHOW SUBSCRIPTIONS", api.Database, cancellation).ConfigureAwait(false);
        return rows.Select(row =>
        {
            var policy = row["retention_policy"].GetString() ?? "";
            var name = row["name"].GetString() ?? "";
            var mode = row["mode"].GetString() ?? "ALL";
            var destinations = row["destinations"].EnumerateArray().Select(d => d.GetString() ?? "").ToArray();
            var native = $"CREATE SUBSCRIPTION {InfluxQl.Name(name)} ON {InfluxQl.Name(api.Database)}.{InfluxQl.Name(policy)} "
                + $"DESTINATIONS {mode} {string.Join(", ", destinations.Select(InfluxQl.Text))}";
            var readable = new JsonObject
            {
                ["name"] = name,
                ["database"] = api.Database,
                ["retentionPolicy"] = policy,
                ["mode"] = mode,
                ["destinations"] = new JsonArray([.. destinations.Select(d => (JsonNode?)d)]),
            };
            return new SettingsDocument(Subscription, $"{policy}/{name}", native, readable.ToJsonString());
        });
    }

    private async Task<IEnumerable<SettingsDocument>> UsersAsync(CancellationToken cancellation)
    {
        var documents = new List<SettingsDocument>();
        foreach (var row in await api.QueryAsync("SHOW USERS", cancellation).ConfigureAwait(false))
        {
            var name = row.Text("user");
            var grants = await api.QueryAsync($"SHOW GRANTS FOR {InfluxQl.Name(name)}", cancellation).ConfigureAwait(false);
            var privilege = grants.FirstOrDefault(grant => grant.Text("database") == api.Database)?.Text("privilege") ?? "NO PRIVILEGES";
            var isAdmin = row.Flag("admin");
            if (!isAdmin && privilege == "NO PRIVILEGES")
                continue;
            var native = privilege == "NO PRIVILEGES"
                ? $"GRANT ALL PRIVILEGES TO {InfluxQl.Name(name)}"
                : $"GRANT {(privilege == "ALL PRIVILEGES" ? "ALL" : privilege)} ON {InfluxQl.Name(api.Database)} TO {InfluxQl.Name(name)}";
            var readable = new JsonObject { ["name"] = name, ["database"] = api.Database, ["admin"] = isAdmin, ["privilege"] = privilege };
            documents.Add(new SettingsDocument(
                User,
                name,
                native,
                readable.ToJsonString(),
                IsComplete: false,
                Remark: "The server shows no password hashes over HTTP; the user must be made again with a new password."));
        }
        return documents;
    }
}
