using System.CommandLine;
using TsBackup.Cli.Terminal;
using TsBackup.Connectors;
using TsBackup.Operations;

namespace TsBackup.Cli.Commands;

internal static class RestoreCommand
{
    private static readonly Argument<string> s_version = new("version") { Description = "Version id, the beginning of one, or latest." };
    private static readonly Argument<string> s_target = new("store") { Description = "URI of the store to restore into." };
    private static readonly Option<string[]> s_renames = new("--rename")
    {
        Description = "FROM=TO: restore a table under another name; may be repeated.",
        DefaultValueFactory = _ => [],
    };
    private static readonly Option<OnConflict> s_onConflict = new("--on-conflict")
    {
        Description = "fail, skip, overwrite or merge.",
        CustomParser = OptionValues.Choice<OnConflict>,
        DefaultValueFactory = _ => OnConflict.Fail,
    };
    private static readonly Option<bool> s_plan = new("--plan") { Description = "Only show what would be restored, with counts." };
    private static readonly Option<bool> s_noVerify = new("--no-verify") { Description = "Do not read the target back and compare." };

    public static Command Make()
    {
        var command = new Command("restore", "Restore a version into a store.")
        {
            s_version, s_target, s_renames, s_onConflict, s_plan, s_noVerify, SharedOptions.Store, SharedOptions.Before,
            SharedOptions.Parallelism,
        };
        SharedOptions.AddRepository(command);
        SharedOptions.AddScope(command);
        SharedOptions.AddStore(command);
        SharedOptions.AddCopies(command);
        return Invocation.Of(command, RunAsync);
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var scope = SharedOptions.ScopeOf(invocation);
        var renames = TableRenames.Parse(invocation.Get(s_renames) ?? []);
        await using var target = invocation.OpenStore(invocation.Get(s_target));
        await using var copies = await invocation.OpenCopiesAsync().ConfigureAwait(false);
        await using var repository = await invocation.TryOpenRepositoryAsync(copies is not null).ConfigureAwait(false);
        RepositoryConnection[] all = [.. new[] { repository }.OfType<RepositoryConnection>(), .. copies?.Open ?? []];
        var (where, header) = await VersionSearch.FindAsync(
            all,
            invocation.Get(s_version),
            invocation.Get(SharedOptions.Store),
            SharedOptions.BeforeOf(invocation),
            invocation.Observer,
            invocation.Cancellation).ConfigureAwait(false);
        var result = await RestoreOperation.RunAsync(
            new RestoreRequest
            {
                Repository = where,
                Copies = [.. all.Where(other => other != where)],
                Heal = invocation.Get(SharedOptions.Heal) ? repository : null,
                Target = target,
                Scope = scope,
                Renames = renames,
                OnConflict = invocation.Get(s_onConflict),
                PlanOnly = invocation.Get(s_plan),
                Verify = !invocation.Get(s_noVerify),
                Parallelism = invocation.Get(SharedOptions.Parallelism),
                Observer = invocation.Observer,
            },
            header,
            invocation.Cancellation).ConfigureAwait(false);
        invocation.Observer.Finish();
        if (invocation.Json)
            Output.Json(result);
        else
            Print(result);
        foreach (var error in Shortfalls.Of(result))
            Output.Error(error, json: false);
        return result.RowsFailed > 0 ? ExitCode.Incomplete : result.Verified == false ? ExitCode.Damaged : ExitCode.Done;
    }

    private static void Print(RestoreResult result)
    {
        Output.Table(
            ["Table", "Target", "Rows in backup", "Restored", "Failed", "Verified"],
            result.Tables.Select(t => (IReadOnlyList<object?>)
            [
                t.Table, t.TargetTable, t.RowsInBackup, t.RowsRestored, t.RowsFailed,
                t.Skipped ? "skipped" : t.Verified?.ToString() ?? "not compared",
            ]));
        foreach (var setting in result.Settings.Where(s => !s.Restored))
            Console.Out.WriteLine($"  {setting.Kind} {setting.Name}: not restored, {setting.Remark}");
        if (result.ReplacedFrom.Count > 0)
            Console.Out.WriteLine($"  {result.BlocksReplaced} blocks were taken from {string.Join(", ", result.ReplacedFrom)}.");
        if (result.Repair is { } repair)
            Console.Out.WriteLine($"  {repair.Repository} was repaired: {repair.BlocksHealed} blocks healed, {repair.RowsLost} rows lost.");
        foreach (var problem in result.Problems)
            Output.Problem(problem);
        Console.Out.WriteLine(
            $"{Output.Text(result.RowsInBackup)} rows in the backup = {Output.Text(result.RowsRestored)} "
            + $"restored + {Output.Text(result.RowsFailed)} failed"
            + (result.IsPlan ? " (plan, nothing was written)" : "") + $"; verified: {result.Verified?.ToString() ?? "not compared"}.");
    }
}
