using TsBackup.Connectors.LineProtocol;

namespace TsBackup.Connectors.Files;

/// <summary>Numbers series over all files of a group so that rows can be sorted by a number.</summary>
internal sealed class SeriesNumbers
{
    private readonly Dictionary<byte[], int> _numbers = new(BytesComparer.Instance);
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private readonly List<byte[]> _series = [];
    private int[] _ofParser = [];

    public SeriesNumbers() => _lookup = _numbers.GetAlternateLookup<ReadOnlySpan<byte>>();

    public byte[] this[int number] => _series[number];

    /// <summary>Starts with another parser, whose numbers mean other series.</summary>
    public void ChangeParser() => _ofParser.AsSpan().Clear();

    /// <summary>Number of the series that a parser stands on.</summary>
    public int Of(LineProtocolParser parser)
    {
        var slot = parser.SeriesNumber;
        if (slot < 0)
            return Of(parser.Series);
        if (slot >= _ofParser.Length)
            Array.Resize(ref _ofParser, Math.Max(slot + 64, _ofParser.Length * 2));
        if (_ofParser[slot] == 0)
            _ofParser[slot] = Of(parser.Series) + 1;
        return _ofParser[slot] - 1;
    }

    private int Of(ReadOnlySpan<byte> series)
    {
        if (_lookup.TryGetValue(series, out var number))
            return number;
        number = _series.Count;
        var bytes = series.ToArray();
        _series.Add(bytes);
        _numbers.Add(bytes, number);
        return number;
    }
}
