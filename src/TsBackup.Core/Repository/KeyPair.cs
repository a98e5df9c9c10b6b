using System.Security.Cryptography;
using System.Text;

namespace TsBackup.Repository;

/// <summary>
/// Wrapping of secrets for the holder of a P-256 key (FORMAT.md section 7): whoever knows the public half can wrap, only the private
/// half opens. An ephemeral key per wrapping gives a key of its own to each, so the nonce is zero.
/// </summary>
internal static class KeyPair
{
    public const int PublicSize = 64;
    public const int PrivateSize = 96;
    public const int Overhead = PublicSize + TagSize;
    public const int SignatureSize = 64;

    private const int Coordinate = 32;
    private const int TagSize = 16;

    /// <summary>Makes a pair: private half (scalar, x, y) and public half (x, y).</summary>
    public static (byte[] Private, byte[] Public) Generate()
    {
        using var pair = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var parameters = pair.ExportParameters(true);
        byte[] publicHalf = [.. parameters.Q.X!, .. parameters.Q.Y!];
        byte[] privateHalf = [.. parameters.D!, .. publicHalf];
        CryptographicOperations.ZeroMemory(parameters.D);
        return (privateHalf, publicHalf);
    }

    public static byte[] PublicOf(byte[] privateHalf) => privateHalf[Coordinate..];

    /// <summary>Wraps a secret: ephemeral public key, ciphertext, tag.</summary>
    public static byte[] Wrap(ReadOnlySpan<byte> recipient, ReadOnlySpan<byte> secret, string context)
    {
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var point = ephemeral.ExportParameters(false).Q;
        var wrapped = new byte[PublicSize + secret.Length + TagSize];
        point.X!.CopyTo(wrapped, 0);
        point.Y!.CopyTo(wrapped, Coordinate);
        using var other = ECDiffieHellman.Create(Parameters(recipient, null));
        using var cipher = Agree(ephemeral, other.PublicKey, wrapped.AsSpan(0, PublicSize), recipient, context);
        cipher.Encrypt(
            stackalloc byte[12], secret, wrapped.AsSpan(PublicSize, secret.Length), wrapped.AsSpan(PublicSize + secret.Length), default);
        return wrapped;
    }

    /// <summary>Opens what was wrapped.</summary>
    /// <exception cref="CryptographicException">It is for another key, for another context, or was changed.</exception>
    public static byte[] Unwrap(byte[] privateHalf, ReadOnlySpan<byte> wrapped, string context)
    {
        if (wrapped.Length < Overhead)
            throw new CryptographicException("The wrapped secret is cut.");
        using var own = ECDiffieHellman.Create(Parameters(privateHalf.AsSpan(Coordinate), privateHalf));
        using var ephemeral = ECDiffieHellman.Create(Parameters(wrapped[..PublicSize], null));
        using var cipher = Agree(own, ephemeral.PublicKey, wrapped[..PublicSize], privateHalf.AsSpan(Coordinate), context);
        var secret = new byte[wrapped.Length - Overhead];
        cipher.Decrypt(stackalloc byte[12], wrapped[PublicSize..^TagSize], wrapped[^TagSize..], secret, default);
        return secret;
    }

    /// <summary>Signs with ECDSA and SHA-256: 64 bytes.</summary>
    public static byte[] Sign(byte[] privateHalf, ReadOnlySpan<byte> data)
    {
        using var key = ECDsa.Create(Parameters(privateHalf.AsSpan(Coordinate), privateHalf));
        return key.SignData(data, HashAlgorithmName.SHA256);
    }

    /// <summary>Checks a signature.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicHalf, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        using var key = ECDsa.Create(Parameters(publicHalf, null));
        return key.VerifyData(data, signature, HashAlgorithmName.SHA256);
    }

    private static AesGcm Agree(
        ECDiffieHellman own, ECDiffieHellmanPublicKey other, ReadOnlySpan<byte> ephemeral, ReadOnlySpan<byte> recipient, string context)
    {
        var shared = own.DeriveRawSecretAgreement(other);
        Span<byte> salt = stackalloc byte[2 * PublicSize];
        ephemeral.CopyTo(salt);
        recipient[..PublicSize].CopyTo(salt[PublicSize..]);
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, key, salt, Encoding.UTF8.GetBytes("tsbackup 1 wrap " + context));
        CryptographicOperations.ZeroMemory(shared);
        var cipher = new AesGcm(key, TagSize);
        CryptographicOperations.ZeroMemory(key);
        return cipher;
    }

    private static ECParameters Parameters(ReadOnlySpan<byte> publicHalf, byte[]? privateHalf) => new()
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint { X = publicHalf[..Coordinate].ToArray(), Y = publicHalf.Slice(Coordinate, Coordinate).ToArray() },
        D = privateHalf?[..Coordinate],
    };
}
