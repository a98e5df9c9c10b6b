using TsBackup.Errors;

namespace TsBackup.Cli.Terminal;

/// <summary>
/// The errors of work that ended, but not as it should have: the exit codes 3 and 4 in words, which are those of the cmdlets.
/// </summary>
internal static class Shortfalls
{
    /// <summary>What is missing in versions; nothing of Complete ones.</summary>
    public static IEnumerable<TsBackupException> Of(IEnumerable<BackupVersion> versions) =>
        from version in versions
        where version.State != BackupVersionState.Complete
        select new TsBackupException(
            ErrorId.BackupIncomplete,
            $"Parts of {version.Store} are missing in version {version.VersionId}; the first: {version.Reasons.FirstOrDefault()}",
            version.VersionId,
            "Reasons names each part. The next backup reads them again and takes over what is stored.");

    /// <summary>What a restore did not bring back, and whether its target differs.</summary>
    public static IEnumerable<TsBackupException> Of(RestoreResult result)
    {
        if (result.RowsFailed > 0)
        {
            yield return new TsBackupException(
                ErrorId.RestoreIncomplete,
                $"{result.RowsFailed} of {result.RowsInBackup} rows of version {result.VersionId} were not restored into {result.Target}.",
                result.Target,
                "The problems say why; a copy of the repository given with --copy can replace what is damaged.");
        }
        if (result.Verified == false)
        {
            yield return new TsBackupException(
                ErrorId.VerificationFailed,
                $"{result.Target} does not equal version {result.VersionId}.",
                result.Target,
                "The problems name the parts that differ. Was something else writing to the target?");
        }
    }

    /// <summary>Tests that did not pass or did not look at everything; a sample is not meant to.</summary>
    /// <param name="results">What the tests gave.</param>
    /// <param name="maxDuration">The time that they were given.</param>
    public static IEnumerable<TsBackupException> Of(IEnumerable<BackupTestResult> results, TimeSpan? maxDuration) =>
        from result in results
        let subject = result.VersionId.Length > 0 ? $"Version {result.VersionId} in {result.Repository}" : result.Repository
        let sentence = SentenceOf(result, subject, maxDuration)
        where sentence is not null
        select new TsBackupException(ErrorId.VerificationFailed, sentence, subject, HintOf(result));

    private static string? SentenceOf(BackupTestResult result, string subject, TimeSpan? maxDuration) => result.Outcome switch
    {
        BackupTestOutcome.Failed =>
            $"{subject} did not pass: {result.Problems.Count} problems, the first: {result.Problems[0].Message}",
        BackupTestOutcome.NotReached => $"{subject} was not looked at within {maxDuration}.",
        BackupTestOutcome.Partial when !result.IsSample =>
            $"Of {subject} {Output.Share(result.Coverage)} was looked at within {maxDuration}.",
        _ => null,
    };

    private static string HintOf(BackupTestResult result) => result.Outcome != BackupTestOutcome.Failed
        ? "The next test begins with what was looked at longest ago and goes on where this one stopped."
        : result.Level == BackupTestLevel.Source
            ? "Where the store has changed since, 'tsbackup compare' shows what; else look at the version with --level full."
            : "'tsbackup repair' makes the repository sound and names what is lost; with --copy a test and a restore take damaged parts from "
                + "another repository, and --heal repairs this one from it.";
}
