using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.TestServers.Tablestore;

/// <summary>A primary key; ordered column by column.</summary>
internal sealed class FakeKey(PlainValue[] values) : IEquatable<FakeKey>, IComparable<FakeKey>
{
    public PlainValue[] Values { get; } = values;

    /// <summary>Reads a key and checks it against the table's columns.</summary>
    public static FakeKey From(PlainRow? row, IReadOnlyList<PrimaryKeySchema> schema, bool isBound)
    {
        if (row is null || row.Keys.Count != schema.Count)
            throw FakeError.Invalid("The primary key does not have the table's columns.");
        var values = new PlainValue[schema.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var cell = row.Keys[i];
            if (row.NameTextOf(cell) != schema[i].Name)
                throw new FakeError(400, "OTSInvalidPK", $"Primary key column {row.NameTextOf(cell)} is not {schema[i].Name}.");
            Check(cell.Type, schema[i], isBound);
            if (cell.ValueLength > 1024)
                throw FakeError.Invalid($"The length of primary key column {schema[i].Name} exceeds the MaxLength 1024.");
            var value = row.ValueOf(cell);
            values[i] = value with { Bytes = value.Bytes.ToArray() };
        }
        return new FakeKey(values);
    }

    public int CompareTo(FakeKey? other)
    {
        for (var i = 0; i < Values.Length; i++)
        {
            var order = PlainValue.Compare(Values[i], other!.Values[i]);
            if (order != 0)
                return order;
        }
        return 0;
    }

    public bool Equals(FakeKey? other) => other is not null && Values.AsSpan().SequenceEqual(other.Values);

    public override bool Equals(object? obj) => Equals(obj as FakeKey);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var value in Values)
            hash.Add(value);
        return hash.ToHashCode();
    }

    /// <summary>Writes the key as a row's key part.</summary>
    public void Write(PlainBufferWriter writer, IReadOnlyList<PrimaryKeySchema> schema, int columns = int.MaxValue)
    {
        for (var i = 0; i < Values.Length && i < columns; i++)
            writer.Key(schema[i].Name!, Values[i]);
    }

    private static void Check(PlainType type, PrimaryKeySchema column, bool isBound)
    {
        var expected = column.Type switch
        {
            PrimaryKeyType.Integer => PlainType.Integer,
            PrimaryKeyType.String => PlainType.String,
            _ => PlainType.Blob,
        };
        var fits = type == expected
            || (isBound && type is PlainType.Minimum or PlainType.Maximum)
            || (!isBound && type == PlainType.AutoIncrement && column.Option == PrimaryKeyOption.AutoIncrement);
        if (!fits)
            throw new FakeError(400, "OTSInvalidPK", $"Validate PK type fail. Input: {type}, Meta: {column.Type}.");
        if (!isBound && column.Option == PrimaryKeyOption.AutoIncrement && type != PlainType.AutoIncrement)
            return;
    }
}
