using System.Text;

namespace TsBackup.Connectors.LineProtocol;

/// <summary>Numbers the field keys of a source and remembers which one stood at which place of the line before.</summary>
internal sealed class FieldKeys
{
    private readonly Dictionary<byte[], int> _byBytes = new(BytesComparer.Instance);
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private readonly List<byte[]> _escaped = [];
    private readonly List<string> _names = [];
    private readonly List<int> _expected = [];
    private long[] _marks = new long[16];

    public FieldKeys() => _lookup = _byBytes.GetAlternateLookup<ReadOnlySpan<byte>>();

    public int Count => _names.Count;

    public string NameOf(int key) => _names[key];

    /// <summary>Escaped key that stood at that place before; empty when none did.</summary>
    public ReadOnlySpan<byte> Expected(int place) => place < _expected.Count ? _escaped[_expected[place]] : default;

    public int ExpectedKey(int place) => _expected[place];

    /// <summary>The number of an escaped key, which is expected at that place from now on.</summary>
    public int Find(ReadOnlySpan<byte> escaped, int place)
    {
        if (!_lookup.TryGetValue(escaped, out var key))
        {
            var bytes = escaped.ToArray();
            var name = Encoding.UTF8.GetString(LineProtocolSyntax.UnescapeFieldKey(bytes));

            // A quote may be written with or without its backslash: two spellings, one key.
            key = name.Contains('"', StringComparison.Ordinal) ? _names.IndexOf(name) : -1;
            if (key < 0)
            {
                key = _names.Count;
                _names.Add(name);
                _escaped.Add(bytes);
                if (key == _marks.Length)
                    Array.Resize(ref _marks, key * 2);
            }
            _byBytes.Add(bytes, key);
        }
        if (place == _expected.Count)
            _expected.Add(key);
        else
            _expected[place] = key;
        return key;
    }

    /// <summary>Notes that a point has the key; false when it had it before.</summary>
    public bool Mark(int key, long point)
    {
        if (_marks[key] == point)
            return false;
        _marks[key] = point;
        return true;
    }
}
