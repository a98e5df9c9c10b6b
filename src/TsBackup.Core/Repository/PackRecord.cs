namespace TsBackup.Repository;

/// <summary>A pack as the index in memory knows it.</summary>
internal sealed class PackRecord(PackId id, long length)
{
    public PackId Id { get; } = id;

    public string Name => ObjectNames.Pack(Id);

    /// <summary>Bytes of the whole object; 0 while it is being made.</summary>
    public long Length { get; set; } = length;

    /// <summary>Number of blocks in it.</summary>
    public int Blocks { get; set; }

    /// <summary>True when new versions must not rely on it: it is not there, not whole, or marked to be swept.</summary>
    public bool IsAvoided { get; set; }
}
