using System.Buffers;
using System.Text;
using TsBackup.Connectors.InfluxDb.Tsm;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>Writes a protocol-buffers message.</summary>
internal sealed class ProtoWriter
{
    private readonly ArrayBufferWriter<byte> _output = new();

    /// <summary>The message so far.</summary>
    public ReadOnlySpan<byte> Written => _output.WrittenSpan;

    public ProtoWriter Number(int field, ulong value)
    {
        VarInteger((ulong)field << 3);
        VarInteger(value);
        return this;
    }

    public ProtoWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtoWriter Message(int field, ProtoWriter message) => Bytes(field, message.Written);

    private ProtoWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        VarInteger(((ulong)field << 3) | 2);
        VarInteger((ulong)value.Length);
        _output.Write(value);
        return this;
    }

    private void VarInteger(ulong value) => _output.Advance(VarInt.Write(_output.GetSpan(VarInt.MaxSize), value));
}
