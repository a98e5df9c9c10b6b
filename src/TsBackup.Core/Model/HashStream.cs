using System.Security.Cryptography;

namespace TsBackup.Model;

/// <summary>
/// A stream of canonical bytes that ends as a component of a tuple's hash: the bytes themselves up to <see cref="InlineLimit"/>,
/// their SHA-256 beyond. Short series so cost one hash, not one per column.
/// </summary>
internal sealed class HashStream : IDisposable
{
    /// <summary>Part of the definition of the digest: never change.</summary>
    public const int InlineLimit = 256;

    private readonly byte[] _inline = new byte[InlineLimit];
    private IncrementalHash? _hash;
    private long _length;

    public long Length => _length;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length <= InlineLimit)
        {
            bytes.CopyTo(_inline.AsSpan((int)_length));
        }
        else
        {
            _hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            if (_length <= InlineLimit)
                _hash.AppendData(_inline.AsSpan(0, (int)_length));
            _hash.AppendData(bytes);
        }
        _length += bytes.Length;
    }

    /// <summary>Writes the component and starts anew.</summary>
    public void Finish(CanonicalWriter writer)
    {
        writer.Write64((ulong)_length);
        if (_length <= InlineLimit)
        {
            writer.Write(_inline.AsSpan(0, (int)_length));
        }
        else
        {
            Span<byte> hash = stackalloc byte[32];
            _hash!.GetHashAndReset(hash);
            writer.Write(hash);
        }
        _length = 0;
    }

    public void Dispose() => _hash?.Dispose();
}
