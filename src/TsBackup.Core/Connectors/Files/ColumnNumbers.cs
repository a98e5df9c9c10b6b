using System.Runtime.InteropServices;
using TsBackup.Connectors.LineProtocol;
using TsBackup.Model;

namespace TsBackup.Connectors.Files;

/// <summary>Numbers the field columns of a group over all its files; the fields of one name share a name number.</summary>
internal sealed class ColumnNumbers
{
    private readonly Dictionary<ColumnSchema, int> _numbers = [];
    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);
    private readonly List<ColumnSchema> _schemas = [];
    private readonly List<int> _nameOf = [];
    private int[] _ofParser = [];

    /// <summary>Schema of a column.</summary>
    public ColumnSchema SchemaOf(int column) => _schemas[column];

    /// <summary>True when two columns are fields of one name.</summary>
    public bool HaveOneName(int a, int b) => _nameOf[a] == _nameOf[b];

    /// <summary>Starts with another parser, whose key numbers mean other names.</summary>
    public void ChangeParser() => _ofParser.AsSpan().Clear();

    /// <summary>Number of a field's column.</summary>
    public int Of(LineProtocolParser parser, in LineField field)
    {
        var slot = (field.Key << 4) | (int)field.Type;
        if (slot < _ofParser.Length && _ofParser[slot] > 0)
            return _ofParser[slot] - 1;
        if (slot >= _ofParser.Length)
            Array.Resize(ref _ofParser, Math.Max(slot + 16, _ofParser.Length * 2));
        var column = Of(new ColumnSchema(parser.FieldName(field.Key), ColumnRole.Value, field.Type));
        _ofParser[slot] = column + 1;
        return column;
    }

    private int Of(ColumnSchema schema)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, schema, out var exists);
        if (exists)
            return number;
        number = _schemas.Count;
        _schemas.Add(schema);
        ref var name = ref CollectionsMarshal.GetValueRefOrAddDefault(_names, schema.Name, out var known);
        if (!known)
            name = _names.Count;
        _nameOf.Add(name);
        return number;
    }
}
