using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>Values of one key and type out of a write-ahead log, in the order of arrival until they are settled.</summary>
internal sealed class WalValues(TsmType type)
{
    private readonly List<long> _times = [];
    private readonly List<ulong> _words = [];
    private readonly List<byte[]> _texts = [];

    public TsmType Type { get; } = type;

    public int Count => _times.Count;

    public long Time(int index) => _times[index];

    public ulong Word(int index) => _words[index];

    public byte[] Text(int index) => _texts[index];

    public void Add(long time, ulong word)
    {
        _times.Add(time);
        _words.Add(word);
    }

    public void Add(long time, byte[] text)
    {
        _times.Add(time);
        _texts.Add(text);
    }

    /// <summary>Takes out what was written until now and lies inside the range.</summary>
    public void Delete(TimeRange range) => Keep(Enumerable.Range(0, Count).Where(i => !range.Contains(_times[i])).ToArray());

    /// <summary>Sorts by time; of values of one time the last to arrive stays.</summary>
    public void Settle()
    {
        var ordered = true;
        for (var i = 1; i < Count && ordered; i++)
            ordered = _times[i] > _times[i - 1];
        if (ordered)
            return;
        var order = Enumerable.Range(0, Count).OrderBy(i => _times[i]).ToArray();
        Keep(order.Where((at, i) => i + 1 == order.Length || _times[order[i + 1]] != _times[at]).ToArray());
    }

    private void Keep(int[] order)
    {
        Pick(_times, order);
        Pick(_words, order);
        Pick(_texts, order);
    }

    private static void Pick<T>(List<T> list, int[] order)
    {
        if (list.Count == 0)
            return;
        var picked = order.Select(i => list[i]).ToArray();
        list.Clear();
        list.AddRange(picked);
    }
}
