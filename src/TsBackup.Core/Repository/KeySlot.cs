namespace TsBackup.Repository;

/// <summary>A way into a repository, as far as it can be seen without its secret.</summary>
public sealed record KeySlot
{
    /// <summary>Id: 32 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>Passphrase or Certificate.</summary>
    public required KeySlotKind Kind { get; init; }

    /// <summary>What it allows.</summary>
    public required KeyAccess Access { get; init; }

    /// <summary>A name for people.</summary>
    public string Label { get; init; } = "";

    /// <summary>When it was added.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Rounds of PBKDF2 per try; 0 for a certificate.</summary>
    public int Iterations { get; init; }

    /// <summary>Subject of the certificate; empty for a passphrase.</summary>
    public string Subject { get; init; } = "";

    /// <summary>SHA-256 of the certificate in hexadecimal digits; empty for a passphrase.</summary>
    public string Thumbprint { get; init; } = "";

    internal byte[] Salt { get; init; } = [];

    internal byte[] PublicKey { get; init; } = [];

    /// <summary>
    /// False when nobody with full access made it, or it was removed and somebody put it back: it opens nothing new, and goes with the
    /// next slot that is removed. True where no key is open, as nothing can be said then.
    /// </summary>
    public bool IsGenuine { get; init; } = true;

    internal byte[] Envelope { get; init; } = [];

    /// <summary>Checksum of its object.</summary>
    internal byte[] Checksum { get; init; } = [];

    internal byte[] Encode() => new FieldWriter()
        .Number(1, (long)Kind)
        .Number(2, (long)Access)
        .Text(3, Label)
        .Time(4, Created)
        .Number(5, Iterations)
        .Bytes(6, Salt)
        .Bytes(7, PublicKey)
        .Text(8, Subject)
        .Text(9, Thumbprint)
        .Bytes(10, Envelope)
        .ToArray();

    /// <exception cref="FormatException">The bytes are malformed.</exception>
    internal static KeySlot Decode(string id, ReadOnlySpan<byte> bytes)
    {
        var slot = new KeySlot { Id = id, Kind = 0, Access = 0, Created = default };
        var reader = new FieldReader(bytes);
        while (reader.Next())
        {
            slot = reader.Tag switch
            {
                1 => slot with { Kind = (KeySlotKind)reader.Number },
                2 => slot with { Access = (KeyAccess)reader.Number },
                3 => slot with { Label = reader.Text },
                4 => slot with { Created = reader.Time },
                5 => slot with { Iterations = (int)Math.Clamp(reader.Number, 0, int.MaxValue) },
                6 => slot with { Salt = reader.Value.ToArray() },
                7 => slot with { PublicKey = reader.Exactly(KeyPair.PublicSize).ToArray() },
                8 => slot with { Subject = reader.Text },
                9 => slot with { Thumbprint = reader.Text },
                10 => slot with { Envelope = reader.Value.ToArray() },
                _ => slot,
            };
        }
        if (!Enum.IsDefined(slot.Kind) || !Enum.IsDefined(slot.Access) || slot.PublicKey.Length == 0)
            throw new FormatException("its fields are not those of a key slot");
        return slot;
    }
}
