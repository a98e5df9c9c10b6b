namespace TsBackup.Connectors.Tablestore;

/// <summary>Kinds of settings documents of this store.</summary>
internal static class SettingsKinds
{
    public const string Table = "table";
    public const string TableOptions = "table-options";
    public const string Stream = "stream";
    public const string Encryption = "encryption";
    public const string SecondaryIndex = "secondary-index";
    public const string SearchIndex = "search-index";
    public const string TimeseriesTable = "timeseries-table";
    public const string TimeseriesOptions = "timeseries-options";
    public const string AnalyticalStore = "analytical-store";
    public const string LastpointIndex = "lastpoint-index";

    public static readonly IReadOnlyList<string> All =
    [
        Table, TableOptions, Stream, Encryption, SecondaryIndex, SearchIndex,
        TimeseriesTable, TimeseriesOptions, AnalyticalStore, LastpointIndex,
    ];
}
