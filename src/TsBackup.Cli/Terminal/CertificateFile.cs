using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TsBackup.Errors;

namespace TsBackup.Cli.Terminal;

/// <summary>Reads X.509 certificates from files.</summary>
internal static class CertificateFile
{
    /// <summary>A certificate (PEM or DER) without its private half, which is enough to make a key slot.</summary>
    /// <exception cref="TsBackupException">FileNotFound, StorageAccessDenied, ArgumentInvalid.</exception>
    public static X509Certificate2 Load(FileInfo file) => Read(
        file,
        X509CertificateLoader.LoadCertificate,
        $"{file} is not a certificate that can be read.",
        "Give a PEM or DER file.");

    /// <summary>A certificate with its private half (PKCS#12 or PEM), which opens key slots.</summary>
    /// <param name="file">The file.</param>
    /// <param name="password">What its private half is encrypted with; null when it is not.</param>
    /// <exception cref="TsBackupException">FileNotFound, StorageAccessDenied, ArgumentInvalid.</exception>
    public static X509Certificate2 LoadWithKey(FileInfo file, string? password)
    {
        var sentence = $"{file} gives no certificate with its private key"
            + (password is null ? "." : ", or the password is another one.");
        var hint = "Give a PKCS#12 or PEM file that holds both, and its password with --certificate-password-file or "
            + $"{Secrets.CertificatePasswordVariable}.";
        var certificate = Read(file, bytes => Parse(bytes, password), sentence, hint);
        if (certificate.HasPrivateKey)
            return certificate;
        certificate.Dispose();
        throw new TsBackupException(ErrorId.ArgumentInvalid, sentence, file.ToString(), hint);
    }

    private static X509Certificate2 Parse(byte[] bytes, string? password)
    {
        if (!bytes.AsSpan().StartsWith("-----BEGIN "u8) && bytes.AsSpan().IndexOf("\n-----BEGIN "u8) < 0)
            return X509CertificateLoader.LoadPkcs12(bytes, password);
        var text = System.Text.Encoding.ASCII.GetString(bytes);
        return password is null
            ? X509Certificate2.CreateFromPem(text, text)
            : X509Certificate2.CreateFromEncryptedPem(text, text, password);
    }

    private static X509Certificate2 Read(FileInfo file, Func<byte[], X509Certificate2> parse, string sentence, string hint)
    {
        var bytes = Secrets.ReadBytes(file);
        try
        {
            return parse(bytes);
        }
        catch (CryptographicException e)
        {
            throw new TsBackupException(ErrorId.ArgumentInvalid, sentence, file.ToString(), hint, e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
