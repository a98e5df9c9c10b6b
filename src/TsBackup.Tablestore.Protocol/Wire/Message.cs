namespace TsBackup.Tablestore.Protocol.Wire;

/// <summary>
/// A protobuf message. Each kind says once, in <see cref="Describe"/>, which fields it has, and that one list serves for reading,
/// writing and checking. Fields it does not know are kept and written again, so that what a newer server says is not lost.
/// <para>
/// The codec is written by hand instead of taking Google.Protobuf: some fifty small messages are needed, a third-party assembly would
/// have to hide behind a load context of its own in a PowerShell process (which makes types unusable as literals), and generated code
/// copies the row bytes that are read as views here.
/// </para>
/// </summary>
internal abstract class Message
{
    /// <summary>Fields that were read but are not described, as they stood on the wire.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> UnknownFields => _unknown ?? [];

    private List<ReadOnlyMemory<byte>>? _unknown;

    /// <summary>Reads a message. Byte fields are views of <paramref name="input"/>, which must stay unchanged.</summary>
    /// <exception cref="TablestoreProtocolException">The bytes are no such message.</exception>
    public static T Parse<T>(ReadOnlyMemory<byte> input)
        where T : Message, new() => Parse<T>(input, MessageFields.ForReading());

    /// <summary>Reads a message that is nested in another; the fields offer afterwards what they offered before.</summary>
    internal static T Parse<T>(ReadOnlyMemory<byte> input, MessageFields fields)
        where T : Message, new()
    {
        var message = new T();
        var before = fields.Enter();
        var reader = new WireReader(input);
        while (reader.Next())
        {
            fields.Offer(reader);
            message.Describe(fields);
            if (!fields.WasTaken)
                (message._unknown ??= []).Add(reader.Raw);
        }
        fields.StartCheck(message);
        message.Describe(fields);
        fields.Leave(before);
        return message;
    }

    /// <summary>Serializes the message.</summary>
    /// <exception cref="TablestoreProtocolException">A required field has no value.</exception>
    public ReadOnlyMemory<byte> Serialize(int sizeHint = 0)
    {
        var writer = new WireWriter();
        writer.Reserve(sizeHint);
        WriteTo(writer);
        return writer.Detach();
    }

    /// <summary>Writes the fields without a length.</summary>
    internal void WriteTo(WireWriter writer)
    {
        Describe(MessageFields.ForWriting(writer, this));
        foreach (var field in UnknownFields)
            writer.Raw(field.Span);
    }

    /// <summary>Names every field with its number, in ascending order: <c>Name = fields.Text(1, Name);</c></summary>
    internal abstract void Describe(MessageFields fields);
}
