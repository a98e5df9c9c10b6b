namespace TsBackup.Repository;

/// <summary>Something in a repository that is not as it was written.</summary>
/// <param name="ErrorId">The id of the error that reading it gives.</param>
/// <param name="Name">Name of the object.</param>
/// <param name="Reason">One sentence.</param>
public sealed record RepositoryProblem(Errors.ErrorId ErrorId, string Name, string Reason);
