using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>
/// Slots and grants (FORMAT.md section 7). A slot is a key pair whose private half only its passphrase or certificate opens; a grant
/// wraps the keyring of an epoch for the public half of a slot, signed so that nobody without full access can hand out keys.
/// </summary>
internal sealed class KeyChest(ObjectStore store)
{
    /// <summary>Finds the slot that a source opens, and its newest grant.</summary>
    /// <exception cref="TsBackupException">RepositoryKeyWrong, KeyDamaged, KeyCostExcessive.</exception>
    public async Task<(Keyring Keys, KeySlot Slot)> OpenAsync(KeySource source, CancellationToken ct)
    {
        TsBackupException? trouble = null;
        var tries = 0;
        foreach (var name in await store.ListNamesAsync(ObjectNames.Slots, ct).ConfigureAwait(false))
        {
            try
            {
                var frame = await store.ReadAsync(ObjectKind.Slot, name, ct).ConfigureAwait(false);
                var slot = Decode(frame);
                if (!source.MayOpen(slot))
                    continue;
                tries++;
                if (await Task.Run(() => TryOpen(frame, slot, source), ct).ConfigureAwait(false) is not { } secret)
                    continue;
                return (await OpenGrantAsync(slot, secret, ct).ConfigureAwait(false), slot);
            }
            catch (TsBackupException failure) when (failure.Id is ErrorId.KeyDamaged or ErrorId.KeyCostExcessive or ErrorId.ObjectNotFound)
            {
                // Another slot may still open; only when none does is this worth telling.
                trouble = failure;
            }
        }
        if (trouble is not null)
            throw trouble;
        throw new TsBackupException(
            ErrorId.RepositoryKeyWrong,
            $"The key given opens no slot of the repository in {store.Storage.Location}.",
            store.Storage.Location,
            (tries == 0 ? "No slot is made for this kind of key or this certificate. " : "Check the passphrase. ")
            + "The test of level Stored needs no key and tells whether a key slot is damaged or missing.");
    }

    /// <summary>All slots that can be read; those that cannot are told of.</summary>
    public async Task<List<KeySlot>> ListAsync(Action<RepositoryProblem>? onProblem, CancellationToken ct)
    {
        List<KeySlot> slots = [];
        foreach (var name in await store.ListNamesAsync(ObjectNames.Slots, ct).ConfigureAwait(false))
        {
            try
            {
                slots.Add(Decode(await store.ReadAsync(ObjectKind.Slot, name, ct).ConfigureAwait(false)));
            }
            catch (TsBackupException failure) when (failure.Id is ErrorId.KeyDamaged or ErrorId.ObjectNotFound)
            {
                onProblem?.Invoke(new RepositoryProblem(failure.Id, name, failure.Message));
            }
        }
        return slots;
    }

    /// <summary>
    /// Ids of the slots for which a grant vouches: somebody with full access made exactly these bytes. Anybody who may write the storage
    /// can put a slot of their own there; it must never be given keys.
    /// </summary>
    public async Task<HashSet<string>> VouchedAsync(Keyring keys, IEnumerable<KeySlot> slots, CancellationToken ct)
    {
        HashSet<string> vouched = new(StringComparer.Ordinal);
        var names = await store.ListNamesAsync(ObjectNames.Grants, ct).ConfigureAwait(false);
        foreach (var slot in slots)
        {
            foreach (var name in names.Where(name => ObjectNames.SlotOfGrant(name) == slot.Id))
            {
                if (await VouchesAsync(keys, name, slot, ct).ConfigureAwait(false))
                    vouched.Add(slot.Id);
            }
        }
        return vouched;
    }

    /// <summary>Stores a new slot with a grant of the keyring.</summary>
    public async Task<(KeySlot Slot, List<LogEvent> Events)> AddAsync(
        Keyring keys, KeySource source, KeyAccess access, string label, int iterations, CancellationToken ct)
    {
        var id = ObjectNames.NewId();
        var (privateHalf, publicHalf) = KeyPair.Generate();
        var plain = new KeySlot
        {
            Id = id,
            Kind = source.Kind,
            Access = access,
            Label = label,
            Created = store.Clock.GetUtcNow(),
            PublicKey = publicHalf,
        };
        var (slot, key) = await Task.Run(() => source.Prepare(plain, iterations), ct).ConfigureAwait(false);
        byte[] secret = [.. privateHalf, .. keys.AdminPublic];
        var name = ObjectNames.Slot(id);
        var bytes = ObjectFrame.Encode(ObjectKind.Slot, name, store.Id, 0, slot.Encode(), secret, key);
        slot = slot with { Checksum = bytes[^ObjectFrame.ChecksumSize..] };
        CryptographicOperations.ZeroMemory(secret);
        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(privateHalf);

        // The grant comes first: a slot without one would look damaged.
        var grant = await GrantAsync(keys, slot, ct).ConfigureAwait(false);
        await store.Storage.PutAsync(name, bytes, ct).ConfigureAwait(false);
        var added = new LogEvent(LogAction.Added, name, Convert.ToHexStringLower(bytes.AsSpan(bytes.Length - ObjectFrame.ChecksumSize)));
        return (slot, [grant, added]);
    }

    /// <summary>Stores the grant of the keyring's current epoch for a slot.</summary>
    public async Task<LogEvent> GrantAsync(Keyring keys, KeySlot slot, CancellationToken ct)
    {
        var signer = keys.AdminPrivate ?? throw RepositoryErrors.WriteOnly("Changing keys");
        var name = ObjectNames.Grant(slot.Id, keys.Current.Number);
        var plain = keys.Encode(withReading: slot.Access == KeyAccess.Full);
        var wrapped = KeyPair.Wrap(slot.PublicKey, plain, WrapContext(name));
        CryptographicOperations.ZeroMemory(plain);
        var fields = new FieldWriter()
            .Bytes(1, wrapped)
            .Bytes(2, KeyPair.Sign(signer, Signed(name, wrapped)))
            .Bytes(3, KeyPair.Sign(signer, Vouched(slot)));
        var bytes = ObjectFrame.Encode(ObjectKind.Grant, name, store.Id, keys.Current.Number, fields.Written.Span, default, null);
        await store.Storage.PutAsync(name, bytes, ct).ConfigureAwait(false);
        return new LogEvent(LogAction.Added, name, Convert.ToHexStringLower(bytes.AsSpan(bytes.Length - ObjectFrame.ChecksumSize)));
    }

    private static KeySlot Decode(ObjectFrame frame)
    {
        try
        {
            return KeySlot.Decode(ObjectNames.Leaf(frame.Name), frame.Public) with { Checksum = frame.Checksum.ToArray() };
        }
        catch (FormatException failure)
        {
            throw RepositoryErrors.Damaged(ObjectKind.Slot, frame.Name, failure.Message, failure);
        }
    }

    private static byte[]? TryOpen(ObjectFrame frame, KeySlot slot, KeySource source)
    {
        try
        {
            var key = source.KeyFor(slot);
            if (key is null)
                return null;
            var secret = frame.Open(key);
            CryptographicOperations.ZeroMemory(key);
            return secret.Length == KeyPair.PrivateSize + KeyPair.PublicSize
                ? secret
                : throw RepositoryErrors.Damaged(ObjectKind.Slot, frame.Name, "what it seals has another length");
        }
        catch (CryptographicException)
        {
            // Not the passphrase of this slot.
            return null;
        }
        catch (FormatException failure)
        {
            throw RepositoryErrors.Damaged(ObjectKind.Slot, frame.Name, failure.Message, failure);
        }
    }

    private async Task<Keyring> OpenGrantAsync(KeySlot slot, byte[] secret, CancellationToken ct)
    {
        var prefix = ObjectNames.Grant(slot.Id, 0)[..^8];
        var names = await store.ListNamesAsync(ObjectNames.Grants, ct).ConfigureAwait(false);
        var name = names.LastOrDefault(name => name.StartsWith(prefix, StringComparison.Ordinal))
            ?? throw RepositoryErrors.Damaged(
                ObjectKind.Slot, ObjectNames.Slot(slot.Id), "no grant of the repository's keys belongs to it");
        var frame = await store.ReadAsync(ObjectKind.Grant, name, ct).ConfigureAwait(false);
        try
        {
            var (wrapped, signature, vouching) = ReadGrant(frame);
            var admin = secret.AsSpan(KeyPair.PrivateSize).ToArray();
            if (!KeyPair.Verify(admin, Signed(name, wrapped), signature)
                || (vouching.Length > 0 && !KeyPair.Verify(admin, Vouched(slot), vouching)))
            {
                throw new CryptographicException("The signature does not match.");
            }
            var plain = KeyPair.Unwrap(secret[..KeyPair.PrivateSize], wrapped, WrapContext(name));
            var keys = Keyring.Decode(plain);
            CryptographicOperations.ZeroMemory(plain);
            if (keys.Current.Number.ToString("x8", CultureInfo.InvariantCulture) != name[^8..])
                throw new FormatException("its epoch is not that of its name");
            return keys;
        }
        catch (Exception failure) when (failure is FormatException or CryptographicException)
        {
            var fact = failure is FormatException ? failure.Message : "it was not made by somebody with full access";
            throw RepositoryErrors.Damaged(ObjectKind.Grant, name, fact, failure);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private async Task<bool> VouchesAsync(Keyring keys, string name, KeySlot slot, CancellationToken ct)
    {
        try
        {
            if (await store.TryReadAsync(ObjectKind.Grant, name, ct).ConfigureAwait(false) is not { } frame)
                return false;
            var (_, _, vouching) = ReadGrant(frame);
            return vouching.Length > 0 && KeyPair.Verify(keys.AdminPublic, Vouched(slot), vouching);
        }
        catch (Exception failure)
            when (failure is FormatException or CryptographicException or TsBackupException { Id: ErrorId.KeyDamaged })
        {
            // A grant that cannot be read vouches for nothing.
            return false;
        }
    }

    private static (byte[] Wrapped, byte[] Signature, byte[] Vouching) ReadGrant(ObjectFrame frame)
    {
        byte[] wrapped = [], signature = [], vouching = [];
        var reader = new FieldReader(frame.Public);
        while (reader.Next())
        {
            if (reader.Tag == 1)
                wrapped = reader.Value.ToArray();
            else if (reader.Tag == 2)
                signature = reader.Exactly(KeyPair.SignatureSize).ToArray();
            else if (reader.Tag == 3)
                vouching = reader.Exactly(KeyPair.SignatureSize).ToArray();
        }
        return (wrapped, signature, vouching);
    }

    private string WrapContext(string name) => $"grant {store.Id} {name}";

    private byte[] Vouched(KeySlot slot) =>
        [.. Encoding.UTF8.GetBytes($"slot {store.Id} {ObjectNames.Slot(slot.Id)}\0"), .. slot.Checksum];

    private byte[] Signed(string name, byte[] wrapped) => [.. Encoding.UTF8.GetBytes(WrapContext(name) + '\0'), .. wrapped];
}
