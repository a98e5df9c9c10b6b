using System.Buffers.Binary;
using System.Text;

namespace TsBackup.Repository;

/// <summary>
/// Reads what <see cref="FieldWriter"/> wrote. Lengths are checked before use; anything malformed throws <see cref="FormatException"/>,
/// which the caller turns into the error of its object.
/// </summary>
internal ref struct FieldReader(ReadOnlySpan<byte> bytes)
{
    private static readonly UTF8Encoding s_utf8 = new(false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = bytes;

    public ushort Tag { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    public readonly long Number => Value.Length == 8
        ? BinaryPrimitives.ReadInt64LittleEndian(Value)
        : throw new FormatException("A number has 8 bytes.");

    public readonly bool Flag => Number != 0;

    public readonly string Text
    {
        get
        {
            try
            {
                return s_utf8.GetString(Value);
            }
            catch (DecoderFallbackException failure)
            {
                throw new FormatException("A text is not UTF-8.", failure);
            }
        }
    }

    public readonly DateTimeOffset Time => Number is >= 0 and var ticks && ticks <= DateTime.MaxValue.Ticks
        ? new DateTimeOffset(ticks, TimeSpan.Zero)
        : throw new FormatException("A time is out of range.");

    public bool Next()
    {
        if (_rest.Length == 0)
            return false;
        if (_rest.Length < 6)
            throw new FormatException("A field is cut.");
        Tag = BinaryPrimitives.ReadUInt16LittleEndian(_rest);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(_rest[2..]);
        if (length > _rest.Length - 6)
            throw new FormatException("A field reaches beyond its record.");
        Value = _rest.Slice(6, (int)length);
        _rest = _rest[(6 + (int)length)..];
        return true;
    }

    /// <summary>The value as exactly that many bytes.</summary>
    public readonly ReadOnlySpan<byte> Exactly(int length) =>
        Value.Length == length ? Value : throw new FormatException($"A value has {Value.Length} bytes where {length} belong.");
}
