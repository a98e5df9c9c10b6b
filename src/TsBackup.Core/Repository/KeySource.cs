using System.Security.Cryptography.X509Certificates;

namespace TsBackup.Repository;

/// <summary>
/// A secret that opens key slots, or a public half that slots are made for. It holds the secret in memory until it is disposed, and
/// never gives it out. Not thread-safe while it is disposed.
/// </summary>
public abstract class KeySource : IDisposable
{
    /// <summary>Takes a passphrase; the characters are copied, so that the caller can wipe its own.</summary>
    /// <exception cref="Errors.TsBackupException">PassphraseMissing when it is empty.</exception>
    public static KeySource FromPassphrase(ReadOnlySpan<char> passphrase) => new PassphraseKey(passphrase);

    /// <summary>
    /// Takes a certificate with an RSA key. With its private key it opens slots; the public half is enough to make one. The
    /// certificate stays the caller's and must outlive this object.
    /// </summary>
    /// <exception cref="Errors.TsBackupException">CapabilityMissing when the key is not RSA.</exception>
    public static KeySource FromCertificate(X509Certificate2 certificate) => new CertificateKey(certificate);

    /// <summary>The kind of slot it fits.</summary>
    public abstract KeySlotKind Kind { get; }

    /// <summary>True when this source may fit the slot, as far as its public part tells.</summary>
    internal abstract bool MayOpen(KeySlot slot);

    /// <summary>The key that a slot's sealed part is under, if this source is the right one; null when it is plainly not.</summary>
    internal abstract byte[]? KeyFor(KeySlot slot);

    /// <summary>Fills in how a new slot is opened, and makes the key its sealed part is under.</summary>
    internal abstract (KeySlot Slot, byte[] Key) Prepare(KeySlot slot, int iterations);

    /// <summary>Wipes the secret.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Wipes the secret.</summary>
    protected abstract void Dispose(bool disposing);
}
