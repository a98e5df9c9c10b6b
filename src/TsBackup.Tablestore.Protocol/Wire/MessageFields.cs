using System.Runtime.CompilerServices;
using System.Text;

namespace TsBackup.Tablestore.Protocol.Wire;

/// <summary>
/// Passed to <see cref="Message.Describe"/>: takes each field's value and hands back the one to keep. When writing, it writes the
/// value; when reading, it returns what the wire offers under that number; when checking, it insists on required fields.
/// </summary>
internal sealed class MessageFields
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);
    private readonly WireWriter? _writer;
    private WireReader _offer;
    private bool _isReading;
    private Message? _message;

    private MessageFields(WireWriter? writer) => _writer = writer;

    /// <summary>True when the field offered last belongs to the message.</summary>
    public bool WasTaken { get; private set; }

    /// <summary>Fields that take values from the wire.</summary>
    public static MessageFields ForReading() => new(null) { _isReading = true };

    /// <summary>Fields that write themselves.</summary>
    public static MessageFields ForWriting(WireWriter writer, Message message) => new(writer) { _message = message };

    /// <summary>Starts on a message within the one that is being read.</summary>
    /// <returns>What <see cref="Leave"/> is to come back to.</returns>
    public (WireReader Offer, Message? Message) Enter()
    {
        var before = (_offer, _message);
        _isReading = true;
        return before;
    }

    /// <summary>Comes back to the message around; the field that held the inner one counts as taken.</summary>
    public void Leave((WireReader Offer, Message? Message) before)
    {
        (_offer, _message) = before;
        _isReading = true;
        WasTaken = true;
    }

    /// <summary>Offers the field that the reader stands on.</summary>
    public void Offer(in WireReader reader)
    {
        _offer = reader;
        WasTaken = false;
    }

    /// <summary>From now on only checks that required fields are there.</summary>
    public void StartCheck(Message message)
    {
        _isReading = false;
        _message = message;
    }

    /// <summary>A signed number: int32, int64 or an enumeration.</summary>
    public long? Number(int field, long? value, bool required = false)
    {
        if (Takes(field, WireType.Varint))
            return (long)_offer.Number;
        Check(field, value.HasValue, required);
        if (value is { } number)
            _writer?.Number(field, (ulong)number);
        return value;
    }

    /// <summary>A 32-bit signed number.</summary>
    public int? Int32(int field, int? value, bool required = false)
    {
        if (Takes(field, WireType.Varint))
            return (int)_offer.Number;
        Number(field, value, required);
        return value;
    }

    /// <summary>A number in zigzag form (sint64).</summary>
    public long? ZigZag(int field, long? value, bool required = false)
    {
        if (Takes(field, WireType.Varint))
            return (long)(_offer.Number >> 1) ^ -(long)(_offer.Number & 1);
        Check(field, value.HasValue, required);
        if (value is { } number)
            _writer?.Number(field, (ulong)((number << 1) ^ (number >> 63)));
        return value;
    }

    /// <summary>A truth value.</summary>
    public bool? Flag(int field, bool? value, bool required = false)
    {
        if (Takes(field, WireType.Varint))
            return _offer.Number != 0;
        Number(field, value is { } flag ? (flag ? 1 : 0) : null, required);
        return value;
    }

    /// <summary>An enumeration with 32 bits; values without a name are kept.</summary>
    public T? Choice<T>(int field, T? value, bool required = false)
        where T : struct, Enum
    {
        if (Takes(field, WireType.Varint))
            return Unsafe.BitCast<int, T>((int)_offer.Number);
        Number(field, value is { } choice ? Unsafe.BitCast<T, int>(choice) : null, required);
        return value;
    }

    /// <summary>A text.</summary>
    public string? Text(int field, string? value, bool required = false)
    {
        if (Takes(field, WireType.Bytes))
            return Decode(_offer.Bytes.Span, field);
        Check(field, value is not null, required);
        if (value is not null)
            _writer?.Bytes(field, Encoding.UTF8.GetBytes(value));
        return value;
    }

    /// <summary>Bytes.</summary>
    public ReadOnlyMemory<byte>? Bytes(int field, ReadOnlyMemory<byte>? value, bool required = false)
    {
        if (Takes(field, WireType.Bytes))
            return _offer.Bytes;
        Check(field, value.HasValue, required);
        if (value is { } bytes)
            _writer?.Bytes(field, bytes.Span);
        return value;
    }

    /// <summary>A nested message.</summary>
    public T? Nested<T>(int field, T? value, bool required = false)
        where T : Message, new()
    {
        if (Takes(field, WireType.Bytes))
            return Message.Parse<T>(_offer.Bytes, this);
        Check(field, value is not null, required);
        if (value is not null && _writer is not null)
            Write(field, value);
        return value;
    }

    /// <summary>Repeated texts.</summary>
    public void Texts(int field, List<string> values)
    {
        if (Takes(field, WireType.Bytes))
        {
            values.Add(Decode(_offer.Bytes.Span, field));
            return;
        }
        if (_writer is null)
            return;
        foreach (var value in values)
            _writer.Bytes(field, Encoding.UTF8.GetBytes(value));
    }

    /// <summary>Repeated bytes.</summary>
    public void BytesList(int field, List<ReadOnlyMemory<byte>> values)
    {
        if (Takes(field, WireType.Bytes))
        {
            values.Add(_offer.Bytes);
            return;
        }
        if (_writer is null)
            return;
        foreach (var value in values)
            _writer.Bytes(field, value.Span);
    }

    /// <summary>Repeated numbers, each with a tag of its own.</summary>
    public void Numbers(int field, List<long> values)
    {
        if (Takes(field, WireType.Varint))
        {
            values.Add((long)_offer.Number);
            return;
        }
        if (_writer is null)
            return;
        foreach (var value in values)
            _writer.Number(field, (ulong)value);
    }

    /// <summary>Repeated messages.</summary>
    public void List<T>(int field, List<T> values)
        where T : Message, new()
    {
        if (Takes(field, WireType.Bytes))
        {
            values.Add(Message.Parse<T>(_offer.Bytes, this));
            return;
        }
        if (_writer is null)
            return;
        foreach (var value in values)
            Write(field, value);
    }

    private static string Decode(ReadOnlySpan<byte> bytes, int field)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw TablestoreProtocolException.Malformed($"Field {field} is a text that is not UTF-8.");
        }
    }

    private void Write(int field, Message value)
    {
        var start = _writer!.Begin(field);
        value.WriteTo(_writer);
        _writer.End(start);
    }

    private bool Takes(int field, WireType type)
    {
        if (!_isReading || WasTaken || _offer.Field != field)
            return false;
        if (_offer.Type != type)
            throw TablestoreProtocolException.Malformed($"Field {field} has wire type {_offer.Type} where {type} was expected.");
        return WasTaken = true;
    }

    private void Check(int field, bool isThere, bool required)
    {
        if (required && !isThere && !_isReading)
            throw TablestoreProtocolException.Malformed($"Message {_message?.GetType().Name} lacks its required field {field}.");
    }
}
