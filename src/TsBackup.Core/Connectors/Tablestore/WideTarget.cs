using TsBackup.Tablestore.Protocol.Messages;

namespace TsBackup.Connectors.Tablestore;

/// <summary>A wide-column table that is ready to take rows.</summary>
/// <param name="Table">Full name.</param>
/// <param name="Keys">Its primary key.</param>
/// <param name="Merges">True when it held rows before: cells are added to rows instead of rows replaced.</param>
/// <param name="GeneratedKey">Index of the key column that the service fills; −1 for none.</param>
internal sealed record WideTarget(string Table, IReadOnlyList<PrimaryKeySchema> Keys, bool Merges, int GeneratedKey)
{
    /// <summary>True when writing a row twice gives the same table.</summary>
    public bool CanRepeat => GeneratedKey < 0;
}
