namespace TsBackup.Repository;

/// <summary>
/// Rewrites the content of a version for another repository, where blocks have other ids.
/// </summary>
/// <param name="content">The content here.</param>
/// <param name="ids">Id there by id here, for every block that the version refers to.</param>
public delegate ReadOnlyMemory<byte> ContentTranslation(ReadOnlyMemory<byte> content, IReadOnlyDictionary<BlockId, BlockId> ids);
