using TsBackup.Model;

namespace TsBackup.Codec;

/// <summary>Chooses how texts are written, and finds the way back by the type byte.</summary>
internal static class TextEncoding
{
    /// <summary>Writes type byte and texts.</summary>
    public static void Write(BlockWriter writer, in TextColumn texts)
    {
        if (texts.Count == 0)
        {
            writer.WriteByte((byte)ColumnEncoding.None);
            return;
        }
        if (ConstantTextEncoding.TryWrite(writer, texts)
            || TextDictionaryEncoding.TryWrite(writer, texts)
            || NumberedTextsEncoding.TryWrite(writer, texts)
            || FrontCodedEncoding.TryWrite(writer, texts))
            return;
        TextsEncoding.Write(writer, texts);
    }

    /// <summary>Reads <paramref name="count"/> texts written by <see cref="Write"/> into an empty column.</summary>
    public static void Read(ref BlockReader reader, int count, BytesColumn texts)
    {
        var encoding = reader.ReadByte();
        var read = EncodingTable.TextReader(encoding);
        if ((count == 0) != (encoding == (byte)ColumnEncoding.None))
            throw BlockFault.Damaged("a column has no values where it should have some");
        reader.Enter();
        read(ref reader, count, texts);
        reader.Leave();
    }
}
