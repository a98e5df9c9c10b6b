namespace TsBackup.Repository;

/// <summary>Names the version that another is a copy of.</summary>
internal static class VersionOrigin
{
    /// <summary>Property of a version that has the same rows as another: id of its repository and its own, joined by a slash.</summary>
    public const string Property = "copied-from";

    /// <summary>Id of the repository and of the version that this one is, or is a copy of, joined by a slash.</summary>
    public static string Of(VersionHeader version, BlockRepository where) =>
        version.Properties.TryGetValue(Property, out var origin) ? origin : Of(version.Id, where);

    /// <summary>The same for a version of which only the id is known.</summary>
    public static string Of(string versionId, BlockRepository where) => $"{where.Info.Id}/{versionId}";
}
