using Newtonsoft.Json;

namespace TsBackup.Model;

/// <summary>A table as the catalog lists it.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Columns">Its columns over all slices; one name may come with several types.</param>
/// <param name="EstimatedRows">What the store says or −1.</param>
public sealed record TableSchema(TableId Id, IReadOnlyList<ColumnSchema> Columns, long EstimatedRows = -1)
{
    /// <summary>
    /// How a backup finds out what has changed in the table since the last one, in words, where that depends on the table; else null.
    /// </summary>
    [JsonProperty(NullValueHandling = NullValueHandling.Ignore)]
    public string? ChangesFound { get; init; }
}
