using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TsBackup.Repository;

/// <summary>
/// A CMS EnvelopedData (RFC 5652 section 6) for one RSA recipient: key transport by RSAES-OAEP with SHA-256 (RFC 4055), content by
/// AES-256-CBC (RFC 3565). Other tools read it (<c>openssl cms -decrypt -inform DER</c>). Integrity of what a slot holds does not rest on
/// it: the enveloped key opens an AES-GCM seal over the whole slot.
/// </summary>
internal static class CmsEnvelope
{
    private const string EnvelopedData = "1.2.840.113549.1.7.3";
    private const string Data = "1.2.840.113549.1.7.1";
    private const string RsaOaep = "1.2.840.113549.1.1.7";
    private const string Mgf1 = "1.2.840.113549.1.1.8";
    private const string Sha256 = "2.16.840.1.101.3.4.2.1";
    private const string Aes256Cbc = "2.16.840.1.101.3.4.1.42";

    private static readonly Asn1Tag s_zero = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag s_one = new(TagClass.ContextSpecific, 1);

    public static byte[] Seal(ReadOnlySpan<byte> content, X509Certificate2 recipient)
    {
        using var rsa = recipient.GetRSAPublicKey()!;
        using var aes = Aes.Create();
        aes.KeySize = 256;
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(EnvelopedData);
            using (writer.PushSequence(s_zero))
            using (writer.PushSequence())
            {
                writer.WriteInteger(0);
                using (writer.PushSetOf())
                    WriteRecipient(writer, recipient, rsa.Encrypt(aes.Key, RSAEncryptionPadding.OaepSHA256));
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(Data);
                    using (writer.PushSequence())
                    {
                        writer.WriteObjectIdentifier(Aes256Cbc);
                        writer.WriteOctetString(aes.IV);
                    }
                    writer.WriteOctetString(aes.EncryptCbc(content, aes.IV), s_zero);
                }
            }
        }
        return writer.Encode();
    }

    /// <summary>Opens an envelope; null when it is not for this key.</summary>
    /// <exception cref="FormatException">It is malformed.</exception>
    public static byte[]? Open(byte[] envelope, RSA key)
    {
        try
        {
            var info = new AsnReader(envelope, AsnEncodingRules.DER).ReadSequence();
            Expect(info.ReadObjectIdentifier(), EnvelopedData);
            var data = info.ReadSequence(s_zero).ReadSequence();
            data.ReadInteger();
            var recipient = data.ReadSetOf().ReadSequence();
            recipient.ReadInteger();
            recipient.ReadEncodedValue();
            recipient.ReadEncodedValue();
            var wrapped = recipient.ReadOctetString();
            var content = data.ReadSequence();
            Expect(content.ReadObjectIdentifier(), Data);
            var algorithm = content.ReadSequence();
            Expect(algorithm.ReadObjectIdentifier(), Aes256Cbc);
            var iv = algorithm.ReadOctetString();
            var encrypted = content.ReadOctetString(s_zero);
            return Decrypt(wrapped, iv, encrypted, key);
        }
        catch (AsnContentException failure)
        {
            throw new FormatException("its envelope is not CMS", failure);
        }
    }

    private static byte[]? Decrypt(byte[] wrapped, byte[] iv, byte[] encrypted, RSA key)
    {
        try
        {
            using var aes = Aes.Create();
            aes.Key = key.Decrypt(wrapped, RSAEncryptionPadding.OaepSHA256);
            return aes.DecryptCbc(encrypted, iv);
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private static void WriteRecipient(AsnWriter writer, X509Certificate2 recipient, byte[] wrapped)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(0);
            using (writer.PushSequence())
            {
                writer.WriteEncodedValue(recipient.IssuerName.RawData);
                writer.WriteInteger(recipient.SerialNumberBytes.Span);
            }
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(RsaOaep);
                using (writer.PushSequence())
                {
                    using (writer.PushSequence(s_zero))
                        WriteHash(writer);
                    using (writer.PushSequence(s_one))
                    using (writer.PushSequence())
                    {
                        writer.WriteObjectIdentifier(Mgf1);
                        WriteHash(writer);
                    }
                }
            }
            writer.WriteOctetString(wrapped);
        }
    }

    private static void WriteHash(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Sha256);
            writer.WriteNull();
        }
    }

    private static void Expect(string actual, string expected)
    {
        if (actual != expected)
            throw new FormatException("its envelope has an algorithm of another kind");
    }
}
