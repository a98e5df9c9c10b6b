namespace TsBackup.Repository;

/// <summary>What became of a block that was handed over.</summary>
/// <param name="Id">Its id.</param>
/// <param name="IsNew">False when the repository had it already.</param>
/// <param name="StoredBytes">Bytes that it added to a pack; 0 when it was there.</param>
public readonly record struct StoredBlock(BlockId Id, bool IsNew, int StoredBytes);
