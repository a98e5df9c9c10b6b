using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>Brings continuous queries, subscriptions and grants back into a database that may have another name.</summary>
internal sealed class InfluxSettingsRestorer(InfluxApi api)
{
    /// <summary>Brings one document back.</summary>
    public async Task<SettingOutcome> RestoreAsync(SettingsDocument document, CancellationToken cancellation)
    {
        SettingOutcome Outcome(bool restored, string remark) => new(document.Kind, document.Name, restored, remark);
        try
        {
            switch (document.Kind)
            {
                case InfluxSettingsReader.ContinuousQuery or InfluxSettingsReader.Subscription:
                    await api.QueryAsync(Moved(document), cancellation).ConfigureAwait(false);
                    return Outcome(true, "");
                case InfluxSettingsReader.User:
                    var users = await api.QueryAsync("SHOW USERS", cancellation).ConfigureAwait(false);
                    if (!users.Any(user => user.Text("user") == document.Name))
                        return Outcome(false, $"{document.Remark} Then run: {Moved(document)}");
                    await api.QueryAsync(Moved(document), cancellation).ConfigureAwait(false);
                    return Outcome(true, "The user was there already and keeps its password.");
                default:
                    return Outcome(false, $"InfluxDB has no settings of the kind '{document.Kind}'.");
            }
        }
        catch (TsBackupException e) when (e.Id is ErrorId.StoreQueryFailed or ErrorId.StoreAccessDenied or ErrorId.StoreNotFound)
        {
            return Outcome(false, e.Message);
        }
    }

    private string Moved(SettingsDocument document)
    {
        var source = InfluxStatement.DatabaseOf(document);
        return source is null ? document.Native : InfluxStatement.Rename(document.Native, source, api.Database);
    }
}
