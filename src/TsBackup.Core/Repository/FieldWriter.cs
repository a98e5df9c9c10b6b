using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace TsBackup.Repository;

/// <summary>
/// Writes records as tagged fields (FORMAT.md section 4): a later build adds tags, an earlier one steps over those it does not know.
/// A default value (0, empty, null) is not written.
/// </summary>
internal sealed class FieldWriter
{
    private readonly ArrayBufferWriter<byte> _out = new();

    public ReadOnlyMemory<byte> Written => _out.WrittenMemory;

    public byte[] ToArray() => _out.WrittenSpan.ToArray();

    public FieldWriter Bytes(ushort tag, ReadOnlySpan<byte> value)
    {
        if (value.Length == 0)
            return this;
        var span = _out.GetSpan(6 + value.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(span, tag);
        BinaryPrimitives.WriteUInt32LittleEndian(span[2..], (uint)value.Length);
        value.CopyTo(span[6..]);
        _out.Advance(6 + value.Length);
        return this;
    }

    public FieldWriter Text(ushort tag, string? value) => Bytes(tag, Encoding.UTF8.GetBytes(value ?? ""));

    public FieldWriter Number(ushort tag, long value)
    {
        if (value == 0)
            return this;
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Bytes(tag, bytes);
    }

    public FieldWriter Flag(ushort tag, bool value) => Number(tag, value ? 1 : 0);

    public FieldWriter Time(ushort tag, DateTimeOffset value) => Number(tag, value.UtcTicks);
}
