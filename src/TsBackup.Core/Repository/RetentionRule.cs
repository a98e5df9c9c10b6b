using System.Globalization;
using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>
/// Which versions to keep. Rules add up: what any of them keeps is kept. Each store is looked at by itself, and within it each scope: a
/// version of some tables does not stand in for one of the whole store.
/// </summary>
public sealed record RetentionRule
{
    /// <summary>Keep the newest so many.</summary>
    public int KeepLast { get; init; }

    /// <summary>Keep the newest of each of so many hours that have one.</summary>
    public int KeepHourly { get; init; }

    /// <summary>Keep the newest of each of so many days (UTC) that have one.</summary>
    public int KeepDaily { get; init; }

    /// <summary>Keep the newest of each of so many weeks (ISO 8601) that have one.</summary>
    public int KeepWeekly { get; init; }

    /// <summary>Keep the newest of each of so many months that have one.</summary>
    public int KeepMonthly { get; init; }

    /// <summary>Keep the newest of each of so many years that have one.</summary>
    public int KeepYearly { get; init; }

    /// <summary>Keep what is at most so much older than the newest version of its store; the clock of this machine plays no part.</summary>
    public TimeSpan? KeepWithin { get; init; }

    /// <summary>Keep what has one of these tags.</summary>
    public IReadOnlyList<string> KeepTags { get; init; } = [];

    /// <summary>Allow that the last Complete version of a store goes.</summary>
    public bool Force { get; init; }

    /// <summary>Refuses a rule that cannot be meant.</summary>
    /// <exception cref="TsBackupException">ArgumentInvalid when a number or time is negative.</exception>
    public void Check()
    {
        if (new[] { KeepLast, KeepHourly, KeepDaily, KeepWeekly, KeepMonthly, KeepYearly }.Min() < 0 || KeepWithin < TimeSpan.Zero)
            throw new TsBackupException(ErrorId.ArgumentInvalid, "A rule of what to keep has a negative number or time.");
    }

    /// <summary>
    /// Decides for each version. Counting rules count Complete versions only; an Incomplete one is kept while no Complete one is newer.
    /// A rule that says nothing keeps everything.
    /// </summary>
    /// <returns>One decision per version, newest first within each store and scope.</returns>
    public IReadOnlyList<RetentionDecision> Evaluate(IEnumerable<VersionHeader> versions)
    {
        List<RetentionDecision> decisions = [];
        foreach (var store in versions.GroupBy(version => version.Store, StringComparer.Ordinal))
        {
            var newestFirst = store.OrderByDescending(version => version.Started)
                .ThenByDescending(version => version.Id, StringComparer.Ordinal).ToList();
            foreach (var scope in newestFirst.GroupBy(version => version.IsWhole ? "" : version.ScopeText, StringComparer.Ordinal))
                decisions.AddRange(EvaluateScope([.. scope], newestFirst[0]));
        }
        return decisions;
    }

    private List<RetentionDecision> EvaluateScope(List<VersionHeader> versions, VersionHeader newest)
    {
        var reasons = versions.ToDictionary(version => version.Id, _ => new List<string>(), StringComparer.Ordinal);
        var complete = versions.FindAll(version => version.State == VersionState.Complete);
        foreach (var version in versions)
            AddOwnReasons(version, newest, reasons[version.Id]);
        foreach (var version in versions.TakeWhile(version => version.State == VersionState.Incomplete))
            reasons[version.Id].Add("newer than the last Complete version");
        if (complete.Count > 0 && !Force)
            reasons[complete[0].Id].Add(versions[0].IsWhole ? "last Complete version of the store" : "last Complete version of this scope");
        KeepNewest(complete, reasons, KeepLast, "last", version => version.Id);
        KeepNewest(complete, reasons, KeepHourly, "hourly", version => Text(version, "yyyyMMddHH"));
        KeepNewest(complete, reasons, KeepDaily, "daily", version => Text(version, "yyyyMMdd"));
        KeepNewest(complete, reasons, KeepWeekly, "weekly", Week);
        KeepNewest(complete, reasons, KeepMonthly, "monthly", version => Text(version, "yyyyMM"));
        KeepNewest(complete, reasons, KeepYearly, "yearly", version => Text(version, "yyyy"));
        return versions.ConvertAll(version => new RetentionDecision(version, reasons[version.Id].Count > 0, reasons[version.Id]));
    }

    private void AddOwnReasons(VersionHeader version, VersionHeader newest, List<string> reasons)
    {
        if (this == new RetentionRule { Force = Force, KeepTags = KeepTags } && KeepTags.Count == 0)
            reasons.Add("no rule");
        if (version.IsProtected)
            reasons.Add("protected");
        if (version.Tags.Any(tag => KeepTags.Contains(tag, StringComparer.Ordinal)))
            reasons.Add("tag");
        if (KeepWithin is { } within && newest.Started - version.Started <= within)
            reasons.Add("within");
    }

    private static void KeepNewest(
        List<VersionHeader> newestFirst,
        Dictionary<string, List<string>> reasons,
        int count,
        string reason,
        Func<VersionHeader, string> bucketOf)
    {
        HashSet<string> buckets = new(StringComparer.Ordinal);
        foreach (var version in newestFirst)
        {
            if (buckets.Count >= count)
                return;
            if (buckets.Add(bucketOf(version)))
                reasons[version.Id].Add(reason);
        }
    }

    private static string Text(VersionHeader version, string format) =>
        version.Started.UtcDateTime.ToString(format, CultureInfo.InvariantCulture);

    private static string Week(VersionHeader version)
    {
        var time = version.Started.UtcDateTime;
        return $"{ISOWeek.GetYear(time)}-{ISOWeek.GetWeekOfYear(time)}";
    }
}
