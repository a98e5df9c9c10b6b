using System.Buffers.Binary;
using System.Text;
using TsBackup.Connectors.Http;
using TsBackup.Errors;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>
/// Reads msgpack tokens from a reply as it arrives (format: github.com/msgpack/msgpack, spec.md). Bytes of a token lie in the
/// reader's buffer and are valid until the next asynchronous call. The buffer grows only with bytes that have arrived.
/// </summary>
internal sealed class MsgPackReader(ReplyStream source, string target)
{
    private const int MaxValueLength = 128 << 20;
    private byte[] _buffer = new byte[256 * 1024];
    private int _position;
    private int _end;

    /// <summary>The bytes of a token.</summary>
    public ReadOnlySpan<byte> Bytes(in MsgPackValue value) => _buffer.AsSpan(value.Start, value.Length);

    /// <summary>The text of a token that must be valid UTF-8.</summary>
    public string Text(in MsgPackValue value)
    {
        try
        {
            return Strict.GetString(Bytes(value));
        }
        catch (DecoderFallbackException)
        {
            throw Invalid("holds a name that is not UTF-8");
        }
    }

    /// <summary>True when the reply is complete and all of it has been read.</summary>
    public async ValueTask<bool> IsAtEndAsync(CancellationToken cancellation) =>
        _position == _end && !await FillAsync(cancellation).ConfigureAwait(false);

    /// <summary>Reads the next token, the head alone of an array or map.</summary>
    public async ValueTask<MsgPackValue> ReadAsync(CancellationToken cancellation)
    {
        MsgPackValue value;
        while (!TryRead(out value))
            await MoreAsync(cancellation).ConfigureAwait(false);
        return value;
    }

    /// <summary>Reads the head of an array or map and returns its count.</summary>
    public async ValueTask<int> ReadHeadAsync(MsgPackKind kind, CancellationToken cancellation)
    {
        var head = await ReadAsync(cancellation).ConfigureAwait(false);
        return head.Kind == kind ? head.Length : throw Invalid($"has {head.Kind} where {kind} is expected");
    }

    /// <summary>Skips a value with all that is in it.</summary>
    public async ValueTask SkipAsync(CancellationToken cancellation)
    {
        for (long pending = 1; pending > 0; pending--)
        {
            var value = await ReadAsync(cancellation).ConfigureAwait(false);
            pending += value.Kind switch
            {
                MsgPackKind.Array => value.Length,
                MsgPackKind.Map => 2L * value.Length,
                _ => 0,
            };
        }
    }

    /// <summary>Waits until more bytes are there than before.</summary>
    /// <exception cref="TsBackupException">StoreReplyTruncated when none come any more.</exception>
    public async ValueTask MoreAsync(CancellationToken cancellation)
    {
        if (!await FillAsync(cancellation).ConfigureAwait(false))
        {
            throw new TsBackupException(
                ErrorId.StoreReplyTruncated, $"A reply of {target} ended in the middle of a value.", target);
        }
    }

    /// <summary>Reads an array of scalars whose whole is in the buffer; false, with nothing consumed, when it is not.</summary>
    /// <param name="values">Receives the elements; the array must have as many.</param>
    public bool TryReadRow(Span<MsgPackValue> values)
    {
        var position = _position;
        if (!TryRead(ref position, out var head))
            return false;
        if (head.Kind != MsgPackKind.Array || head.Length != values.Length)
            throw Invalid($"has a row of {head.Length} values where {values.Length} are expected");
        for (var i = 0; i < values.Length; i++)
        {
            if (!TryRead(ref position, out values[i]))
                return false;
        }
        _position = position;
        return true;
    }

    /// <summary>The error for a reply that makes no sense.</summary>
    public TsBackupException Invalid(string fact) =>
        new(ErrorId.StoreReplyInvalid, $"A reply of {target} {fact}.", target, "Check that the address is InfluxDB 1.x.");

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private bool TryRead(out MsgPackValue value)
    {
        var position = _position;
        if (!TryRead(ref position, out value))
            return false;
        _position = position;
        return true;
    }

    private bool TryRead(ref int position, out MsgPackValue value)
    {
        value = default;
        var data = _buffer.AsSpan(position, _end - position);
        if (data.IsEmpty)
            return false;
        var code = data[0];
        if (code <= 0x7f || code >= 0xe0)
            return Scalar(MsgPackKind.Int64, (sbyte)code, 1, ref position, out value);
        if (code >= 0xc0)
            return TryReadLong(code, data[1..], ref position, out value);
        if (code <= 0x8f)
            return Scalar(MsgPackKind.Map, 0, 1, ref position, out value, code & 0x0f);
        return code <= 0x9f
            ? Scalar(MsgPackKind.Array, 0, 1, ref position, out value, code & 0x0f)
            : TryBytes(code & 0x1f, 1, data.Length, ref position, out value);
    }

    private bool TryReadLong(byte code, ReadOnlySpan<byte> data, ref int position, out MsgPackValue value)
    {
        value = default;
        var width = code switch
        {
            0xc0 or 0xc2 or 0xc3 => 0,
            0xc4 or 0xc7 or 0xcc or 0xd0 or 0xd9 => 1,
            0xc5 or 0xc8 or 0xcd or 0xd1 or 0xda or 0xdc or 0xde => 2,
            0xc6 or 0xc9 or 0xca or 0xce or 0xd2 or 0xdb or 0xdd or 0xdf => 4,
            0xcb or 0xcf or 0xd3 => 8,
            >= 0xd4 and <= 0xd8 => 0,
            _ => throw Invalid($"holds the byte 0x{code:x2} where msgpack has none"),
        };
        if (data.Length < width)
            return false;
        var bits = width switch
        {
            0 => 0UL,
            1 => data[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(data),
            4 => BinaryPrimitives.ReadUInt32BigEndian(data),
            _ => BinaryPrimitives.ReadUInt64BigEndian(data),
        };
        var used = 1 + width;
        switch (code)
        {
            case 0xc0:
                return Scalar(MsgPackKind.Nil, 0, used, ref position, out value);
            case 0xc2 or 0xc3:
                return Scalar(MsgPackKind.Boolean, code & 1, used, ref position, out value);
            case 0xca:
                var widened = BitConverter.DoubleToInt64Bits(BitConverter.UInt32BitsToSingle((uint)bits));
                return Scalar(MsgPackKind.Float64, widened, used, ref position, out value);
            case 0xcb:
                return Scalar(MsgPackKind.Float64, (long)bits, used, ref position, out value);
            case 0xcc or 0xcd or 0xce or 0xcf:
                var kind = bits > long.MaxValue ? MsgPackKind.UInt64 : MsgPackKind.Int64;
                return Scalar(kind, (long)bits, used, ref position, out value);
            case 0xd0 or 0xd1 or 0xd2 or 0xd3:
                var signed = (long)(bits << (64 - (8 * width))) >> (64 - (8 * width));
                return Scalar(MsgPackKind.Int64, signed, used, ref position, out value);
            case 0xdc or 0xdd:
                return Scalar(MsgPackKind.Array, 0, used, ref position, out value, Count(bits));
            case 0xde or 0xdf:
                return Scalar(MsgPackKind.Map, 0, used, ref position, out value, Count(bits));
            case 0xc4 or 0xc5 or 0xc6 or 0xd9 or 0xda or 0xdb:
                return TryBytes(Count(bits), used, data.Length + 1, ref position, out value);
            default:
                var length = code >= 0xd4 ? 1 << (code - 0xd4) : Count(bits);
                return TryBytes(length + 1, used, data.Length + 1, ref position, out value, MsgPackKind.Extension);
        }
    }

    private static bool Scalar(MsgPackKind kind, long bits, int used, ref int position, out MsgPackValue value, int length = 0)
    {
        position += used;
        value = new MsgPackValue(kind, bits, 0, length);
        return true;
    }

    private static bool TryBytes(
        int length, int head, int there, ref int position, out MsgPackValue value, MsgPackKind kind = MsgPackKind.Bytes)
    {
        value = default;
        if (there - head < length)
            return false;
        value = new MsgPackValue(kind, 0, position + head, length);
        position += head + length;
        return true;
    }

    private int Count(ulong count) =>
        count <= MaxValueLength ? (int)count : throw Invalid($"announces a value of {count} bytes or elements");

    private async ValueTask<bool> FillAsync(CancellationToken cancellation)
    {
        if (_position > 0)
        {
            _buffer.AsSpan(_position, _end - _position).CopyTo(_buffer);
            _end -= _position;
            _position = 0;
        }
        if (_end == _buffer.Length)
        {
            if (_buffer.Length > MaxValueLength)
                throw Invalid($"holds a row of more than {MaxValueLength} bytes");
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
        var read = await source.ReadAsync(_buffer.AsMemory(_end), cancellation).ConfigureAwait(false);
        _end += read;
        return read > 0;
    }
}
