using System.Buffers.Binary;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// Goes through the index of a TSM file in order and decodes its blocks. Checks that keys ascend, that blocks lie end to end between
/// header and index, that each block's checksum, type and times are what the index says. Owns the file.
/// </summary>
internal sealed class TsmKeyStream(TsmFile file) : KeyStream
{
    private const int IndexWindow = 16 << 10;
    private const int BlockWindow = 64 << 10;
    private const int LaneWindow = 8 << 10;

    private readonly SourceWindow _index = new(file.Source, IndexWindow);
    private readonly SourceWindow _blocks = new(file.Source, BlockWindow);
    private long _at = file.IndexStart;
    private long _nextBlock = TsmFile.HeaderSize;
    private bool _together;

    public override bool MoveNext()
    {
        if (_at == file.IndexEnd)
        {
            if (_nextBlock != file.IndexStart)
                throw FileErrors.Damaged(file.Source.Name, _nextBlock, "blocks follow that are not in the index");
            return false;
        }
        var start = _at;
        var keyLength = BinaryPrimitives.ReadUInt16BigEndian(Take(2));
        var key = Take(keyLength + 3);
        var type = key[keyLength];
        var count = BinaryPrimitives.ReadUInt16BigEndian(key[(keyLength + 1)..]);
        key = key[..keyLength];
        if (keyLength == 0 || count == 0)
            throw FileErrors.Damaged(file.Source.Name, start, "an index entry is empty");
        if (type > (byte)TsmType.Unsigned)
            throw FileErrors.Damaged(file.Source.Name, start, $"unknown block type {type}");
        if (KeyLength > 0 && Key.SequenceCompareTo(key) >= 0)
            throw FileErrors.Damaged(file.Source.Name, start, "keys of the index do not ascend");
        if (key.IndexOf(SeriesKey.Separator) <= 0)
            throw FileErrors.Damaged(file.Source.Name, start, "a key has no series or no field");
        SetKey(key);
        Type = (TsmType)type;
        Deleted = file.Deleted?.Of(Key);
        ReadEntries(count);
        return true;
    }

    public override void Prepare(long offset, long length)
    {
        _together = length <= BlockWindow;
        if (_together)
            _blocks.Get(offset, (int)length);
    }

    public override void Attach(ref SourceWindow? window, long length)
    {
        var size = (int)Math.Min(LaneWindow, length);
        if (window is null)
            window = new SourceWindow(file.Source, size);
        else
            window.Attach(file.Source, size);
    }

    public override void Decode(BlockRef block, TsmType type, TimeCache times, SourceWindow? window, DecodedBlock target)
    {
        var bytes = (_together ? _blocks : window!).Get(block.Offset, block.Size);
        var data = bytes[4..];
        if (Crc32.Compute(data) != BinaryPrimitives.ReadUInt32BigEndian(bytes))
            throw FileErrors.Damaged(file.Source.Name, block.Offset, "the checksum of a block does not match");
        try
        {
            if (data[0] != (byte)type)
                throw new TsmDamage("a block is of another type than the index says");
            var at = 1;
            var timeLength = VarInt.Read(data, ref at);
            if (timeLength > (ulong)(data.Length - at))
                throw new TsmDamage("the times of a block are cut off");
            var vector = times.Decode(data.Slice(at, (int)timeLength));
            target.Load(type, vector, data[(at + (int)timeLength)..]);
            if (target.First < block.Min || target.Last > block.Max)
                throw new TsmDamage("a block has times outside those in the index");
        }
        catch (TsmDamage damage)
        {
            throw FileErrors.Damaged(file.Source.Name, block.Offset, damage.Message, damage);
        }
    }

    public override void Dispose()
    {
        _index.Dispose();
        _blocks.Dispose();
        file.Dispose();
        base.Dispose();
    }

    private void ReadEntries(int count)
    {
        Blocks.Clear();
        for (var i = 0; i < count; i++)
        {
            var at = _at;
            var entry = Take(TsmFile.EntrySize);
            var block = new BlockRef(
                BinaryPrimitives.ReadInt64BigEndian(entry),
                BinaryPrimitives.ReadInt64BigEndian(entry[8..]),
                BinaryPrimitives.ReadInt64BigEndian(entry[16..]),
                BinaryPrimitives.ReadInt32BigEndian(entry[24..]));
            if (block.Offset != _nextBlock || block.Size < 6 || block.Size > file.IndexStart - block.Offset)
                throw FileErrors.Damaged(file.Source.Name, at, "an index entry does not point to the next block");
            if (block.Min > block.Max)
                throw FileErrors.Damaged(file.Source.Name, at, "an index entry ends before it starts");
            _nextBlock = block.Offset + block.Size;
            Blocks.Add(block);
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > file.IndexEnd - _at)
            throw FileErrors.Damaged(file.Source.Name, _at, "the index ends within an entry");
        var bytes = _index.Get(_at, count);
        _at += count;
        return bytes;
    }
}
