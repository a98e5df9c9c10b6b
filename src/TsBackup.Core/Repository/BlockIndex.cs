using System.Numerics;

namespace TsBackup.Repository;

/// <summary>
/// All known blocks in memory, at most 64 bytes each: entries in chunks of fixed size, so that growing copies nothing, and an open
/// hash table of entry numbers. One block may be in several packs. Thread-safe.
/// </summary>
internal sealed class BlockIndex
{
    private const int ChunkBits = 10;
    private const int ChunkSize = 1 << ChunkBits;

    private readonly Lock _gate = new();
    private readonly List<Entry[]> _chunks = [];
    private readonly List<PackRecord> _packs = [];
    private readonly Dictionary<PackId, int> _packNumbers = [];
    private int[] _table = new int[1024];
    private int _count;

    /// <summary>Number of entries.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _count;
        }
    }

    /// <summary>Bytes that entries and table take.</summary>
    public long MemoryBytes
    {
        get
        {
            lock (_gate)
                return ((long)_chunks.Count * ChunkSize * 48) + (4L * _table.Length);
        }
    }

    public IReadOnlyList<PackRecord> Packs
    {
        get
        {
            lock (_gate)
                return [.. _packs];
        }
    }

    public PackRecord Pack(int number)
    {
        lock (_gate)
            return _packs[number];
    }

    public PackRecord? FindPack(PackId id)
    {
        lock (_gate)
            return _packNumbers.TryGetValue(id, out var number) ? _packs[number] : null;
    }

    /// <summary>The number of a known pack.</summary>
    public int NumberOf(PackId id)
    {
        lock (_gate)
            return _packNumbers[id];
    }

    /// <summary>Leaves out packs that were started and never landed, so that nobody relies on their blocks.</summary>
    public void ForgetUnfinished()
    {
        lock (_gate)
        {
            foreach (var pack in _packs)
                pack.IsAvoided |= pack.Length == 0;
        }
    }

    /// <summary>Leaves packs out that are no longer there.</summary>
    public void AvoidAll(IReadOnlySet<PackId> ids)
    {
        lock (_gate)
        {
            foreach (var pack in _packs)
                pack.IsAvoided |= ids.Contains(pack.Id);
        }
    }

    /// <summary>Starts a pack whose blocks are added one by one.</summary>
    public int AddPack(PackId id)
    {
        lock (_gate)
            return AddPackLocked(id, 0);
    }

    /// <summary>Adds a pack with its blocks; does nothing when the pack is known.</summary>
    public void AddPack(PackId id, long length, ReadOnlySpan<PackEntry> entries)
    {
        lock (_gate)
        {
            if (_packNumbers.ContainsKey(id))
                return;
            var number = AddPackLocked(id, length);
            long offset = PackLayout.HeaderSize;
            foreach (var entry in entries)
            {
                AddLocked(entry.Id, new BlockLocation(number, (uint)offset, entry.Stored));
                offset += entry.Stored;
            }
        }
    }

    /// <summary>Adds a block of a started pack.</summary>
    public void Add(BlockId id, BlockLocation location)
    {
        lock (_gate)
            AddLocked(id, location);
    }

    /// <summary>True when a block is in a pack that new versions may rely on.</summary>
    public bool CanRelyOn(BlockId id)
    {
        lock (_gate)
        {
            foreach (var location in new Matches(this, id))
            {
                if (!_packs[location.Pack].IsAvoided)
                    return true;
            }
            return false;
        }
    }

    /// <summary>All places of a block, those to rely on first.</summary>
    public List<BlockLocation> Find(BlockId id)
    {
        List<BlockLocation> found = [];
        lock (_gate)
        {
            foreach (var location in new Matches(this, id))
            {
                if (_packs[location.Pack].IsAvoided)
                    found.Add(location);
                else
                    found.Insert(0, location);
            }
        }
        return found;
    }

    /// <summary>All entries of a pack in their order.</summary>
    public Dictionary<int, List<PackEntry>> EntriesOf(IReadOnlySet<int> packs)
    {
        var byPack = packs.ToDictionary(pack => pack, _ => new List<(uint Offset, PackEntry Entry)>());
        lock (_gate)
        {
            for (var i = 0; i < _count; i++)
            {
                ref var entry = ref At(i);
                if (byPack.TryGetValue(entry.Pack, out var list))
                    list.Add((entry.Offset, new PackEntry(entry.Id, entry.Stored)));
            }
        }
        return byPack.ToDictionary(pair => pair.Key, pair => pair.Value.OrderBy(item => item.Offset).Select(item => item.Entry).ToList());
    }

    /// <summary>Calls for every entry; the caller must not call back into the index.</summary>
    public void ForEach(Action<BlockId, BlockLocation> action)
    {
        lock (_gate)
        {
            for (var i = 0; i < _count; i++)
            {
                ref var entry = ref At(i);
                action(entry.Id, new BlockLocation(entry.Pack, entry.Offset, entry.Stored));
            }
        }
    }

    private int AddPackLocked(PackId id, long length)
    {
        var number = _packs.Count;
        _packs.Add(new PackRecord(id, length));
        _packNumbers.Add(id, number);
        return number;
    }

    private void AddLocked(BlockId id, BlockLocation location)
    {
        if ((_count & (ChunkSize - 1)) == 0 && _count >> ChunkBits == _chunks.Count)
            _chunks.Add(new Entry[ChunkSize]);
        At(_count) = new Entry { Id = id, Pack = location.Pack, Offset = location.Offset, Stored = location.Stored };
        _packs[location.Pack].Blocks++;
        _count++;
        if (_count > _table.Length / 4 * 3)
            Grow();
        else
            Insert(_count - 1);
    }

    private void Grow()
    {
        _table = new int[(int)BitOperations.RoundUpToPowerOf2((uint)_table.Length + 1)];
        for (var i = 0; i < _count; i++)
            Insert(i);
    }

    private void Insert(int entry)
    {
        var mask = _table.Length - 1;
        var slot = (int)At(entry).Id.Prefix & mask;
        while (_table[slot] != 0)
            slot = (slot + 1) & mask;
        _table[slot] = entry + 1;
    }

    private ref Entry At(int index) => ref _chunks[index >> ChunkBits][index & (ChunkSize - 1)];

    private struct Entry
    {
        public BlockId Id;
        public int Pack;
        public uint Offset;
        public uint Stored;
    }

    private ref struct Matches(BlockIndex index, BlockId id)
    {
        private int _slot = (int)id.Prefix & (index._table.Length - 1);

        public BlockLocation Current { get; private set; }

        public readonly Matches GetEnumerator() => this;

        public bool MoveNext()
        {
            while (index._table[_slot] is > 0 and var number)
            {
                _slot = (_slot + 1) & (index._table.Length - 1);
                ref var entry = ref index.At(number - 1);
                if (entry.Id != id)
                    continue;
                Current = new BlockLocation(entry.Pack, entry.Offset, entry.Stored);
                return true;
            }
            return false;
        }
    }
}
