using System.IO.Compression;
using System.Text;

namespace TsBackup.Connectors.Files;

/// <summary>
/// Unpacks gzip and notices when the file was cut off, which <see cref="GZipStream"/> takes for its end. To that purpose a further
/// member is put behind the file's last byte: a comment line, unknown to the file, that comes out whole only if all before it is whole.
/// </summary>
internal sealed class PackedStream : Stream
{
    private static readonly byte[] Mark = Encoding.ASCII.GetBytes($"\n#{Guid.NewGuid():N}\n");
    private static readonly byte[] PackedMark = Pack(Mark);

    private readonly Stream _file;
    private readonly GZipStream _unpacked;
    private readonly byte[] _tail = new byte[Mark.Length];

    public PackedStream(Stream file)
    {
        _file = file;
        _unpacked = new GZipStream(new MarkedStream(file), CompressionMode.Decompress);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = _unpacked.Read(buffer, offset, count);
        if (read == 0 && count > 0 && !_tail.AsSpan().SequenceEqual(Mark))
            throw new InvalidDataException("The compressed data ends too early.");
        var kept = Math.Max(0, _tail.Length - read);
        _tail.AsSpan(_tail.Length - kept).CopyTo(_tail);
        buffer.AsSpan(offset + read - (_tail.Length - kept), _tail.Length - kept).CopyTo(_tail.AsSpan(kept));
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _unpacked.Dispose();
            _file.Dispose();
        }
        base.Dispose(disposing);
    }

    private static byte[] Pack(byte[] text)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            stream.Write(text);
        return packed.ToArray();
    }

    /// <summary>A file with the packed mark behind it.</summary>
    private sealed class MarkedStream(Stream file) : MemoryStream
    {
        private int _given = -1;

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            if (_given < 0)
            {
                var read = file.Read(buffer);
                if (read > 0 || buffer.Length == 0)
                    return read;
                _given = 0;
            }
            var next = Math.Min(buffer.Length, PackedMark.Length - _given);
            PackedMark.AsSpan(_given, next).CopyTo(buffer);
            _given += next;
            return next;
        }
    }
}
