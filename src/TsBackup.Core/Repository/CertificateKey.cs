using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>Opens slots whose key is enveloped for an RSA certificate.</summary>
internal sealed class CertificateKey : KeySource
{
    private readonly X509Certificate2 _certificate;

    public CertificateKey(X509Certificate2 certificate)
    {
        using var key = certificate.GetRSAPublicKey();
        if (key is null || key.KeySize < 2048)
        {
            throw new TsBackupException(
                ErrorId.CapabilityMissing,
                $"The certificate '{certificate.Subject}' has no RSA key of at least 2048 bits.",
                certificate.Subject,
                "Use a certificate with an RSA key for encryption.");
        }
        _certificate = certificate;
    }

    public override KeySlotKind Kind => KeySlotKind.Certificate;

    private string Thumbprint => _certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();

    internal override bool MayOpen(KeySlot slot) => slot.Kind == KeySlotKind.Certificate && slot.Thumbprint == Thumbprint;

    internal override byte[]? KeyFor(KeySlot slot)
    {
        using var key = _certificate.GetRSAPrivateKey();
        return key is null ? null : CmsEnvelope.Open(slot.Envelope, key);
    }

    internal override (KeySlot Slot, byte[] Key) Prepare(KeySlot slot, int iterations)
    {
        var secret = RandomNumberGenerator.GetBytes(32);
        var prepared = slot with
        {
            Kind = KeySlotKind.Certificate,
            Subject = _certificate.Subject,
            Thumbprint = Thumbprint,
            Envelope = CmsEnvelope.Seal(secret, _certificate),
        };
        return (prepared, secret);
    }

    protected override void Dispose(bool disposing)
    {
        // The certificate is the caller's.
    }
}
