using System.Buffers.Binary;
using System.Numerics;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// Doubles of a block, each as the XOR with the one before (Pelkonen et al., "Gorilla: a fast, scalable, in-memory time series
/// database", VLDB 2015). A certain NaN ends the stream, so this format cannot hold NaN.
/// </summary>
internal static class FloatCodec
{
    private const ulong EndMark = 0x7FF8000000000001;

    /// <summary>Decodes the bits of just as many doubles as the target has slots.</summary>
    public static void Decode(ReadOnlySpan<byte> data, Span<ulong> target)
    {
        if (data.Length < 9)
            throw new TsmDamage("the floats of the block are cut off");
        if (data[0] >> 4 != 1)
            throw new TsmDamage($"unknown encoding {data[0] >> 4} of floats");
        data = data[1..];
        var value = BinaryPrimitives.ReadUInt64BigEndian(data);
        var bitLength = data.Length * 8L;
        var at = 64L;
        var shift = 0;
        var width = 64;
        for (var i = 0; ; i++)
        {
            if (value == EndMark)
            {
                if (i != target.Length)
                    throw new TsmDamage("the block has fewer floats than times");
                return;
            }
            if (i == target.Length)
                throw new TsmDamage("the block has more floats than times");
            target[i] = value;
            var window = Load(data, at);
            if ((long)window >= 0)
            {
                at++;
            }
            else
            {
                if ((window & 1UL << 62) != 0)
                {
                    var leading = (int)(window >> 57) & 31;
                    width = (int)(window >> 51) & 63;
                    if (width == 0)
                        width = 64;
                    shift = 64 - leading - width;
                    if (shift < 0)
                        throw new TsmDamage("a float has more than 64 bits");
                    at += 11;
                }
                at += 2;
                value ^= Read(data, at, width) << shift;
                at += width;
            }
            if (at > bitLength)
                throw new TsmDamage("the floats of the block are cut off");
        }
    }

    /// <summary>Encodes the bits of doubles; returns the bytes used of the target (10 per value and 32 suffice).</summary>
    /// <exception cref="TsmDamage">A value is NaN.</exception>
    public static int Encode(ReadOnlySpan<ulong> values, Span<byte> target)
    {
        target[0] = 1 << 4;
        var writer = new BitWriter(target[1..]);
        writer.Write(values[0], 64);
        Check(values[0]);
        var previous = values[0];
        var leading = 64;
        var trailing = 64;
        for (var i = 1; i <= values.Length; i++)
        {
            var value = i < values.Length ? values[i] : EndMark;
            if (i < values.Length)
                Check(value);
            var delta = value ^ previous;
            previous = value;
            if (delta == 0)
            {
                writer.Write(0, 1);
                continue;
            }
            var zeros = Math.Min(31, BitOperations.LeadingZeroCount(delta));
            var tail = BitOperations.TrailingZeroCount(delta);
            if (zeros >= leading && tail >= trailing)
            {
                writer.Write(2, 2);
            }
            else
            {
                leading = zeros;
                trailing = tail;
                writer.Write((3UL << 11) | ((ulong)leading << 6) | ((ulong)(64 - leading - trailing) & 63), 13);
            }
            writer.Write(delta >> trailing, 64 - leading - trailing);
        }
        return 1 + writer.Finish();
    }

    private static void Check(ulong bits)
    {
        if ((bits & 0x7FFFFFFFFFFFFFFF) > 0x7FF0000000000000)
            throw new TsmDamage("a NaN cannot be written");
    }

    /// <summary>The next 57 bits or more, left-aligned; zeros stand for what lies past the end.</summary>
    private static ulong Load(ReadOnlySpan<byte> data, long bit)
    {
        var index = (int)(bit >> 3);
        if (index <= data.Length - 8)
            return BinaryPrimitives.ReadUInt64BigEndian(data[index..]) << (int)(bit & 7);
        ulong window = 0;
        for (var i = 0; i < 8; i++)
            window = (window << 8) | (index + i < data.Length ? data[index + i] : 0u);
        return window << (int)(bit & 7);
    }

    private static ulong Read(ReadOnlySpan<byte> data, long bit, int width)
    {
        if (width <= 57)
            return Load(data, bit) >> (64 - width);
        return ((Load(data, bit) >> 32) << (width - 32)) | (Load(data, bit + 32) >> (96 - width));
    }

    private ref struct BitWriter(Span<byte> target)
    {
        private readonly Span<byte> _target = target;
        private ulong _pending;
        private int _free = 64;
        private int _written;

        public void Write(ulong value, int width)
        {
            if (width > _free)
            {
                var rest = width - _free;
                if (_free > 0)
                    _pending |= value >> rest;
                Flush();
                width = rest;
                value &= ulong.MaxValue >> (64 - rest);
            }
            _free -= width;
            _pending |= value << _free;
        }

        public int Finish()
        {
            var bytes = (64 - _free + 7) / 8;
            for (var i = 0; i < bytes; i++)
                _target[_written++] = (byte)(_pending >> (56 - (8 * i)));
            return _written;
        }

        private void Flush()
        {
            BinaryPrimitives.WriteUInt64BigEndian(_target[_written..], _pending);
            _written += 8;
            _pending = 0;
            _free = 64;
        }
    }
}
