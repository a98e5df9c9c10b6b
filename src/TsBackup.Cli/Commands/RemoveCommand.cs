using System.CommandLine;
using TsBackup.Cli.Terminal;
using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Repository;

namespace TsBackup.Cli.Commands;

internal static class RemoveCommand
{
    private static readonly Argument<string[]> s_versions = new("version")
    {
        Description = "Versions to remove; none when rules decide.",
        Arity = ArgumentArity.ZeroOrMore,
    };
    private static readonly Option<int> s_last = Keep("--keep-last", "Keep the newest so many.");
    private static readonly Option<int> s_hourly = Keep("--keep-hourly", "Keep one an hour, for so many hours that have one.");
    private static readonly Option<int> s_daily = Keep("--keep-daily", "Keep one a day, for so many days that have one.");
    private static readonly Option<int> s_weekly = Keep("--keep-weekly", "Keep one a week, for so many weeks that have one.");
    private static readonly Option<int> s_monthly = Keep("--keep-monthly", "Keep one a month, for so many months that have one.");
    private static readonly Option<int> s_yearly = Keep("--keep-yearly", "Keep one a year, for so many years that have one.");
    private static readonly Option<TimeSpan?> s_within = new("--keep-within")
    {
        Description = $"Keep what is at most so much older than the newest of its store ({OptionValues.DurationForm}).",
        CustomParser = result => OptionValues.Duration(result),
    };
    private static readonly Option<string[]> s_tags = new("--keep-tag")
    {
        Description = "Keep what has this label; may be repeated.",
        DefaultValueFactory = _ => [],
    };
    private static readonly Option<bool> s_force = new("--force")
    {
        Description = "Also protected versions and the last Complete one of a store.",
    };
    private static readonly Option<bool> s_plan = new("--plan") { Description = "Only show what would be removed." };
    private static readonly Option<bool> s_undo = new("--undo")
    {
        Description = "Take removed versions back; possible until the next compaction.",
    };

    public static Command Make()
    {
        var command = new Command("remove", "Remove versions by id or by rule; they can be taken back until the next compaction.")
        {
            s_versions, s_last, s_hourly, s_daily, s_weekly, s_monthly, s_yearly, s_within, s_tags, s_force, s_plan, s_undo,
            SharedOptions.Store,
        };
        SharedOptions.AddRepository(command);
        return Invocation.Of(command, RunAsync);
    }

    private static Option<int> Keep(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = OptionValues.Number<int>,
    };

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var ids = invocation.Get(s_versions);
        var rule = RuleOf(invocation);
        if (ids.Length == 0 == (rule == new RetentionRule { Force = rule.Force, KeepTags = rule.KeepTags } && rule.KeepTags.Count == 0))
            throw new TsBackupException(ErrorId.ArgumentInvalid, "Name either versions to remove, or rules of what to keep.");
        await using var repository = await invocation.OpenRepositoryAsync().ConfigureAwait(false);
        if (invocation.Get(s_undo))
            return await TakeBackAsync(invocation, repository, ids).ConfigureAwait(false);
        var results = ids.Length == 0
            ? await RetentionOperation
                .ApplyAsync(repository,
                    rule, invocation.Get(SharedOptions.Store), invocation.Get(s_plan), invocation.Cancellation).ConfigureAwait(false)
            : await RemoveAsync(invocation, repository, ids).ConfigureAwait(false);
        if (invocation.Json)
            Output.Json(results);
        else
            Output.Table(["Version", "Store", "Started", "Keep", "Removed", "Reasons"], results.Select(
                r => (IReadOnlyList<object?>)[r.VersionId, r.Store, r.Started, r.Keep, r.Removed, string.Join(", ", r.Reasons)]));
        return ExitCode.Done;
    }

    private static async Task<int> TakeBackAsync(Invocation invocation, RepositoryConnection repository, string[] ids)
    {
        var versions = new List<BackupVersion>();
        foreach (var id in ids)
            versions.Add(await RetentionOperation.TakeBackAsync(repository, id, invocation.Cancellation).ConfigureAwait(false));
        if (invocation.Json)
            Output.Json(versions);
        else
            versions.ForEach(v => Console.Out.WriteLine($"{v.VersionId} is back."));
        return ExitCode.Done;
    }

    private static async Task<IReadOnlyList<BackupRetention>> RemoveAsync(
        Invocation invocation, RepositoryConnection repository, string[] ids)
    {
        var results = new List<BackupRetention>();
        foreach (var id in ids)
        {
            var header = await VersionQuery
                .FindAsync(repository, id, invocation.Get(SharedOptions.Store), null, invocation.Cancellation).ConfigureAwait(false);
            results.Add(invocation.Get(s_plan)
                ? new BackupRetention
                {
                    VersionId = header.Id,
                    Repository = repository.Location,
                    Store = header.Store,
                    Started = header.Started,
                }
                : await RetentionOperation.RemoveAsync(
                    repository, header.Id, invocation.Get(s_force), invocation.Cancellation).ConfigureAwait(false));
        }
        return results;
    }

    private static RetentionRule RuleOf(Invocation invocation) => new()
    {
        KeepLast = invocation.Get(s_last),
        KeepHourly = invocation.Get(s_hourly),
        KeepDaily = invocation.Get(s_daily),
        KeepWeekly = invocation.Get(s_weekly),
        KeepMonthly = invocation.Get(s_monthly),
        KeepYearly = invocation.Get(s_yearly),
        KeepWithin = invocation.Get(s_within),
        KeepTags = invocation.Get(s_tags) ?? [],
        Force = invocation.Get(s_force),
    };
}
