using TsBackup.Connectors.LineProtocol;

namespace TsBackup.Connectors.Files;

/// <summary>Numbers series so that rows can be sorted by a number.</summary>
internal sealed class SeriesNumbers
{
    private readonly Dictionary<byte[], int> _numbers = new(BytesComparer.Instance);
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private readonly List<byte[]> _series = [];

    public SeriesNumbers() => _lookup = _numbers.GetAlternateLookup<ReadOnlySpan<byte>>();

    public byte[] this[int number] => _series[number];

    public int Of(ReadOnlySpan<byte> series)
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
