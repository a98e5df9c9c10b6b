using System.Security.Cryptography;

namespace TsBackup.Repository;

/// <summary>
/// The secrets that a slot opens: the key of block ids, and per epoch a writer secret (indexes, version headers, log) and the pair
/// that pack keys are wrapped for. A slot that may only write gets no private halves. Wiped when disposed.
/// </summary>
internal sealed class Keyring : IDisposable
{
    private readonly SortedDictionary<uint, KeyEpoch> _epochs = [];

    public required byte[] IdKey { get; init; }

    public required byte[] AdminPublic { get; init; }

    /// <summary>Signs grants; null in a slot that may only write.</summary>
    public byte[]? AdminPrivate { get; init; }

    public bool CanRead => AdminPrivate is not null;

    public KeyEpoch Current { get; private set; } = null!;

    public IReadOnlyCollection<KeyEpoch> Epochs => _epochs.Values;

    public static Keyring Create()
    {
        var (adminPrivate, adminPublic) = KeyPair.Generate();
        var ring = new Keyring { IdKey = RandomNumberGenerator.GetBytes(32), AdminPrivate = adminPrivate, AdminPublic = adminPublic };
        ring.Add(KeyEpoch.Create(1));
        return ring;
    }

    public void Add(KeyEpoch epoch)
    {
        _epochs[epoch.Number] = epoch;
        if (Current is null || epoch.Number > Current.Number)
            Current = epoch;
    }

    public KeyEpoch? Find(uint epoch) => _epochs.GetValueOrDefault(epoch);

    /// <summary>The bytes that a grant wraps.</summary>
    public byte[] Encode(bool withReading)
    {
        var fields = new FieldWriter().Bytes(1, IdKey).Bytes(2, AdminPublic);
        if (withReading)
            fields.Bytes(3, AdminPrivate);
        foreach (var epoch in _epochs.Values)
        {
            var inner = new FieldWriter().Number(1, epoch.Number).Bytes(2, epoch.WriterSecret).Bytes(3, epoch.ReadPublic);
            if (withReading)
                inner.Bytes(4, epoch.ReadPrivate);
            fields.Bytes(4, inner.Written.Span);
        }
        return fields.ToArray();
    }

    /// <exception cref="FormatException">The bytes are malformed.</exception>
    public static Keyring Decode(ReadOnlySpan<byte> bytes)
    {
        byte[]? idKey = null, adminPublic = null, adminPrivate = null;
        List<KeyEpoch> epochs = [];
        var reader = new FieldReader(bytes);
        while (reader.Next())
        {
            switch (reader.Tag)
            {
                case 1:
                    idKey = reader.Exactly(32).ToArray();
                    break;
                case 2:
                    adminPublic = reader.Exactly(KeyPair.PublicSize).ToArray();
                    break;
                case 3:
                    adminPrivate = reader.Exactly(KeyPair.PrivateSize).ToArray();
                    break;
                case 4:
                    epochs.Add(KeyEpoch.Decode(reader.Value));
                    break;
            }
        }
        if (idKey is null || adminPublic is null || epochs.Count == 0)
            throw new FormatException("A keyring lacks a part.");
        var ring = new Keyring { IdKey = idKey, AdminPublic = adminPublic, AdminPrivate = adminPrivate };
        epochs.ForEach(ring.Add);
        return ring;
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(IdKey);
        CryptographicOperations.ZeroMemory(AdminPrivate);
        foreach (var epoch in _epochs.Values)
        {
            CryptographicOperations.ZeroMemory(epoch.WriterSecret);
            CryptographicOperations.ZeroMemory(epoch.ReadPrivate);
        }
    }
}
