namespace TsBackup.Model;

/// <summary>Names a table within its store.</summary>
/// <param name="Group">What the store puts above tables: the retention policy in InfluxDB; empty where there is nothing.</param>
/// <param name="Name">Measurement, metric, datasource or table.</param>
public readonly record struct TableId(string Group, string Name) : IComparable<TableId>
{
    /// <inheritdoc/>
    public int CompareTo(TableId other)
    {
        var byGroup = string.CompareOrdinal(Group, other.Group);
        return byGroup != 0 ? byGroup : string.CompareOrdinal(Name, other.Name);
    }

    /// <summary>For people: <c>group/name</c>, or the name alone where there is no group.</summary>
    public override string ToString() => string.IsNullOrEmpty(Group) ? Name : $"{Group}/{Name}";
}
