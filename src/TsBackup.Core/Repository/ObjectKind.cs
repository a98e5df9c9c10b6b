namespace TsBackup.Repository;

/// <summary>What an object of a repository is; the number is part of the format.</summary>
internal enum ObjectKind : byte
{
    Config = 1,
    Slot = 2,
    Grant = 3,
    Pack = 4,
    Index = 5,
    Version = 6,
    Log = 7,
    Removal = 8,
    Mark = 9,
    Session = 10,
    Result = 11,
}
