using System.Security.Cryptography;
using System.Text;
using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>Opens slots by PBKDF2 with HMAC-SHA-512 (RFC 8018); the cost is stored in the slot.</summary>
internal sealed class PassphraseKey : KeySource
{
    /// <summary>A slot that asks for more is forged: it would keep the machine busy for minutes.</summary>
    public const int MaxIterations = 20_000_000;

    public const int MinIterations = 1_000;
    public const int SaltSize = 32;

    private readonly byte[] _passphrase;

    public PassphraseKey(ReadOnlySpan<char> passphrase)
    {
        if (passphrase.IsEmpty)
            throw new TsBackupException(
                ErrorId.PassphraseMissing, "The passphrase is empty.", hint: "Give a passphrase of at least one character.");
        _passphrase = GC.AllocateUninitializedArray<byte>(Encoding.UTF8.GetByteCount(passphrase), pinned: true);
        Encoding.UTF8.GetBytes(passphrase, _passphrase);
    }

    public override KeySlotKind Kind => KeySlotKind.Passphrase;

    internal override bool MayOpen(KeySlot slot) => slot.Kind == KeySlotKind.Passphrase;

    internal override byte[] KeyFor(KeySlot slot)
    {
        if (slot.Iterations > MaxIterations)
        {
            throw new TsBackupException(
                ErrorId.KeyCostExcessive,
                $"The key slot '{slot.Id}' asks for {slot.Iterations} rounds of key derivation; at most {MaxIterations} are accepted.",
                slot.Id,
                "The slot is not one that this product made: take the file from a copy of the repository.");
        }
        if (slot.Iterations < 1 || slot.Salt.Length != SaltSize)
            throw RepositoryErrors.Damaged(ObjectKind.Slot, ObjectNames.Slot(slot.Id), "its salt or cost is not one of a key slot");
        return Rfc2898DeriveBytes.Pbkdf2(_passphrase, slot.Salt, slot.Iterations, HashAlgorithmName.SHA512, 32);
    }

    internal override (KeySlot Slot, byte[] Key) Prepare(KeySlot slot, int iterations)
    {
        if (iterations is < MinIterations or > MaxIterations)
        {
            throw new TsBackupException(
                ErrorId.ArgumentInvalid, $"A cost of {iterations} rounds is not between {MinIterations} and {MaxIterations}.");
        }
        var prepared = slot with
        {
            Kind = KeySlotKind.Passphrase,
            Iterations = iterations,
            Salt = RandomNumberGenerator.GetBytes(SaltSize),
        };
        return (prepared, KeyFor(prepared));
    }

    protected override void Dispose(bool disposing) => CryptographicOperations.ZeroMemory(_passphrase);
}
