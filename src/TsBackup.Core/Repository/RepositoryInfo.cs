namespace TsBackup.Repository;

/// <summary>What is known of a repository once it is open.</summary>
/// <param name="Id">Its id: 32 hexadecimal digits.</param>
/// <param name="Location">Where it is.</param>
/// <param name="Format">Format version.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Epoch">Epoch of what is written now; 0 without a key.</param>
/// <param name="Access">What the key allows; null without a key.</param>
/// <param name="SlotId">Slot that the key opened; empty without a key.</param>
public sealed record RepositoryInfo(
    string Id, string Location, int Format, DateTimeOffset Created, long Epoch, KeyAccess? Access, string SlotId);
