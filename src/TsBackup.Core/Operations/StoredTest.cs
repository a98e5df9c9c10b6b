namespace TsBackup.Operations;
#pragma warning disable CS1591
public static class StoredTest { public static Task<BackupTestResult> RunAsync(RepositoryConnection r, IOperationObserver o, CancellationToken ct) => throw new InvalidOperationException(r.ToString() + o + ct); }
