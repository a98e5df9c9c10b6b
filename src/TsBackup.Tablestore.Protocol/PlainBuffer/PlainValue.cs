using System.Text;

namespace TsBackup.Tablestore.Protocol.PlainBuffer;

/// <summary>A value with its type, for places where speed does not matter.</summary>
/// <param name="Type">The type.</param>
/// <param name="Bits">Integer, bits of the double, or 0 and 1.</param>
/// <param name="Bytes">UTF-8 of a string, or the blob.</param>
internal readonly record struct PlainValue(PlainType Type, long Bits, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Below every value.</summary>
    public static readonly PlainValue Minimum = new(PlainType.Minimum, 0, default);

    /// <summary>Above every value.</summary>
    public static readonly PlainValue Maximum = new(PlainType.Maximum, 0, default);

    /// <summary>The place of a generated key.</summary>
    public static readonly PlainValue AutoIncrement = new(PlainType.AutoIncrement, 0, default);

    /// <summary>No value.</summary>
    public static readonly PlainValue None = new(PlainType.None, 0, default);

    /// <summary>A string.</summary>
    public static PlainValue Of(string value) => new(PlainType.String, 0, Encoding.UTF8.GetBytes(value));

    /// <summary>An integer.</summary>
    public static PlainValue Of(long value) => new(PlainType.Integer, value, default);

    /// <summary>A double.</summary>
    public static PlainValue Of(double value) => new(PlainType.Double, BitConverter.DoubleToInt64Bits(value), default);

    /// <summary>A truth value.</summary>
    public static PlainValue Of(bool value) => new(PlainType.Boolean, value ? 1 : 0, default);

    /// <summary>A blob.</summary>
    public static PlainValue Of(ReadOnlyMemory<byte> value) => new(PlainType.Blob, 0, value);

    /// <summary>
    /// The order of primary keys: INF_MIN, then integers by value, strings and blobs by their unsigned bytes, then INF_MAX.
    /// </summary>
    public static int Compare(PlainValue x, PlainValue y)
    {
        var byRank = Rank(x).CompareTo(Rank(y));
        if (byRank != 0)
            return byRank;
        return x.Type is PlainType.String or PlainType.Blob ? x.Bytes.Span.SequenceCompareTo(y.Bytes.Span) : x.Bits.CompareTo(y.Bits);
    }

    /// <inheritdoc/>
    public bool Equals(PlainValue other) => Type == other.Type && Bits == other.Bits && Bytes.Span.SequenceEqual(other.Bytes.Span);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Type);
        hash.Add(Bits);
        hash.AddBytes(Bytes.Span);
        return hash.ToHashCode();
    }

    private static int Rank(PlainValue value) => value.Type switch
    {
        PlainType.Minimum => -1,
        PlainType.Maximum => 255,
        _ => (int)value.Type,
    };
}
