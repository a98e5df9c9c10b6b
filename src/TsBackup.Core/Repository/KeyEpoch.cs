using System.Security.Cryptography;

namespace TsBackup.Repository;

/// <summary>Secrets of one epoch: what is written after a slot was removed belongs to an epoch that the slot knows nothing of.</summary>
internal sealed record KeyEpoch(uint Number, byte[] WriterSecret, byte[] ReadPublic, byte[]? ReadPrivate)
{
    public static KeyEpoch Create(uint number)
    {
        var (privateHalf, publicHalf) = KeyPair.Generate();
        return new KeyEpoch(number, RandomNumberGenerator.GetBytes(32), publicHalf, privateHalf);
    }

    /// <exception cref="FormatException">The bytes are malformed.</exception>
    public static KeyEpoch Decode(ReadOnlySpan<byte> bytes)
    {
        long number = 0;
        byte[]? writer = null, readPublic = null, readPrivate = null;
        var reader = new FieldReader(bytes);
        while (reader.Next())
        {
            switch (reader.Tag)
            {
                case 1:
                    number = reader.Number;
                    break;
                case 2:
                    writer = reader.Exactly(32).ToArray();
                    break;
                case 3:
                    readPublic = reader.Exactly(KeyPair.PublicSize).ToArray();
                    break;
                case 4:
                    readPrivate = reader.Exactly(KeyPair.PrivateSize).ToArray();
                    break;
            }
        }
        if (number is < 1 or > uint.MaxValue || writer is null || readPublic is null)
            throw new FormatException("An epoch lacks a part.");
        return new KeyEpoch((uint)number, writer, readPublic, readPrivate);
    }
}
