using System.Globalization;
using System.Text;
using TsBackup.Connectors.InfluxDb.Tsm;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>
/// Reads a tar stream (POSIX.1-1988 ustar, POSIX.1-2001 pax, GNU long names) and knows a complete one, which ends with two empty
/// blocks, from one that was cut off.
/// </summary>
/// <param name="read">Reads the next bytes of the stream; 0 at its end.</param>
internal sealed class TarStreamReader(Func<Memory<byte>, CancellationToken, ValueTask<int>> read)
{
    private const int BlockSize = 512;
    private const int MaxExtra = 1 << 20;

    private readonly byte[] _block = new byte[BlockSize];
    private long _left;
    private int _padding;

    /// <summary>Reads a stream.</summary>
    public TarStreamReader(Stream stream)
        : this(stream.ReadAsync)
    {
    }

    /// <summary>True once the end mark was read.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>True when the stream held no byte at all.</summary>
    public bool IsEmpty { get; private set; } = true;

    /// <summary>Goes to the next entry; null at the end of the stream, complete or not.</summary>
    /// <exception cref="TsmDamage">A header is malformed.</exception>
    public async Task<TarEntry?> NextAsync(CancellationToken cancellation)
    {
        string? longName = null;
        var longSize = -1L;
        while (true)
        {
            if (!await SkipAsync(_left + _padding, cancellation).ConfigureAwait(false) || !await BlockAsync(cancellation).ConfigureAwait(false))
                return null;
            if (!_block.AsSpan().ContainsAnyExcept((byte)0))
            {
                IsComplete = await BlockAsync(cancellation).ConfigureAwait(false) && !_block.AsSpan().ContainsAnyExcept((byte)0);
                return null;
            }
            Check();
            var size = Number(_block.AsSpan(124, 12));
            var type = (char)_block[156];
            Expect(size);
            if (type is 'x' or 'g' or 'L')
            {
                var extra = await ExtraAsync((int)Math.Min(size, MaxExtra + 1), cancellation).ConfigureAwait(false);
                if (extra is null)
                    return null;
                if (type == 'L')
                    longName = Encoding.UTF8.GetString(extra).TrimEnd('\0');
                else if (type == 'x')
                    Pax(extra, ref longName, ref longSize);
                continue;
            }
            if (longSize >= 0)
                Expect(size = longSize);
            return new TarEntry(longName ?? Name(), size, Number(_block.AsSpan(136, 12)), type is '0' or '\0');
        }
    }

    /// <summary>Reads the next bytes of the current entry; 0 at its end, −1 when the stream ends before.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> target, CancellationToken cancellation)
    {
        if (_left == 0)
            return 0;
        var wanted = (int)Math.Min(target.Length, _left);
        var count = await read(target[..wanted], cancellation).ConfigureAwait(false);
        _left -= count;
        return count == 0 ? -1 : count;
    }

    private void Expect(long size)
    {
        _left = size;
        _padding = (int)((BlockSize - (size % BlockSize)) % BlockSize);
    }

    private async Task<bool> BlockAsync(CancellationToken cancellation)
    {
        var count = await FillAsync(_block, cancellation).ConfigureAwait(false);
        IsEmpty &= count == 0;
        return count == BlockSize;
    }

    private async Task<bool> SkipAsync(long count, CancellationToken cancellation)
    {
        while (count > 0)
        {
            var skipped = await read(_block.AsMemory(0, (int)Math.Min(count, BlockSize)), cancellation).ConfigureAwait(false);
            if (skipped == 0)
                return false;
            count -= skipped;
        }
        Expect(0);
        return true;
    }

    private async Task<byte[]?> ExtraAsync(int size, CancellationToken cancellation)
    {
        if (size > MaxExtra)
            throw new TsmDamage("a header of the stream is too large");
        var extra = new byte[size];
        var count = await FillAsync(extra, cancellation).ConfigureAwait(false);
        _left -= count;
        return count == size ? extra : null;
    }

    /// <summary>Reads until the target is full or the stream ends.</summary>
    private async Task<int> FillAsync(Memory<byte> target, CancellationToken cancellation)
    {
        var count = 0;
        while (count < target.Length)
        {
            var next = await read(target[count..], cancellation).ConfigureAwait(false);
            if (next == 0)
                break;
            count += next;
        }
        return count;
    }

    private void Check()
    {
        var sum = 0;
        for (var i = 0; i < BlockSize; i++)
            sum += i is >= 148 and < 156 ? ' ' : _block[i];
        if (sum != Number(_block.AsSpan(148, 8)))
            throw new TsmDamage("the checksum of a header of the stream does not match");
    }

    private string Name()
    {
        var name = Text(_block.AsSpan(0, 100));
        var isUstar = _block.AsSpan(257, 6).SequenceEqual("ustar\0"u8);
        var prefix = isUstar ? Text(_block.AsSpan(345, 155)) : "";
        return prefix.Length == 0 ? name : $"{prefix}/{name}";
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    private static long Number(ReadOnlySpan<byte> field)
    {
        long value = 0;
        if ((field[0] & 0x80) != 0)
        {
            foreach (var digit in field[^8..])
                value = (value << 8) | digit;
            return value >= 0 ? value : throw new TsmDamage("a number of the stream's headers is negative");
        }
        foreach (var digit in field)
        {
            if (digit is >= (byte)'0' and <= (byte)'7')
                value = (value << 3) | (uint)(digit - '0');
            else if (digit is not ((byte)' ' or 0))
                throw new TsmDamage("a number of the stream's headers is malformed");
        }
        return value;
    }

    private static void Pax(ReadOnlySpan<byte> records, ref string? name, ref long size)
    {
        while (!records.IsEmpty)
        {
            var space = records.IndexOf((byte)' ');
            if (space <= 0 || !int.TryParse(records[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length <= space + 1 || length > records.Length)
            {
                throw new TsmDamage("an extended header of the stream is malformed");
            }
            var record = Encoding.UTF8.GetString(records[(space + 1)..(length - 1)]);
            records = records[length..];
            if (record.StartsWith("path=", StringComparison.Ordinal))
                name = record[5..];
            else if (record.StartsWith("size=", StringComparison.Ordinal)
                && !long.TryParse(record.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out size))
                throw new TsmDamage("an extended header of the stream is malformed");
        }
    }
}
