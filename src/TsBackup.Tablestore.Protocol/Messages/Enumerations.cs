namespace TsBackup.Tablestore.Protocol.Messages;

#pragma warning disable CS1591 // The names are the protocol's own.

/// <summary>Types of primary key columns.</summary>
internal enum PrimaryKeyType
{
    Integer = 1,
    String = 2,
    Binary = 3,
}

/// <summary>Options of primary key columns.</summary>
internal enum PrimaryKeyOption
{
    AutoIncrement = 1,
}

/// <summary>Types of predefined columns.</summary>
internal enum DefinedColumnType
{
    Integer = 1,
    Double = 2,
    Boolean = 3,
    String = 4,
    Blob = 7,
}

/// <summary>What must be true of a row before it is written.</summary>
internal enum RowExistence
{
    Ignore = 0,
    ExpectExist = 1,
    ExpectNotExist = 2,
}

/// <summary>Order of a range read.</summary>
internal enum Direction
{
    Forward = 0,
    Backward = 1,
}

/// <summary>Kinds of row changes in a batch.</summary>
internal enum OperationType
{
    Put = 1,
    Update = 2,
    Delete = 3,
}

/// <summary>What a write returns of its row.</summary>
internal enum ReturnType
{
    None = 0,
    PrimaryKey = 1,
    AfterModify = 2,
}

/// <summary>When a secondary index follows its table.</summary>
internal enum IndexUpdateMode
{
    Async = 0,
    Sync = 1,
}

/// <summary>Reach of a secondary index.</summary>
internal enum IndexType
{
    Global = 0,
    Local = 1,
}

/// <summary>How far a secondary index has been built.</summary>
internal enum IndexSyncPhase
{
    Invalid = 0,
    Full = 1,
    Incremental = 2,
}

/// <summary>State of a table.</summary>
internal enum TableStatus
{
    Active = 1,
    Inactive = 2,
    Loading = 3,
    Unloading = 4,
    Updating = 5,
}

/// <summary>Encodings of rows in replies.</summary>
internal enum DataBlockType
{
    PlainBuffer = 0,
    SimpleRowMatrix = 1,
}

/// <summary>Whose key encrypts a table at rest.</summary>
internal enum EncryptionKeyType
{
    KeyManagementService = 1,
    BringYourOwn = 2,
}

/// <summary>Kinds of filters.</summary>
internal enum FilterType
{
    Single = 1,
    Composite = 2,
    Pagination = 3,
}

/// <summary>Encodings of time-series rows.</summary>
internal enum TimeseriesEncoding
{
    FlatBuffer = 0,
    PlainBuffer = 1,
}
