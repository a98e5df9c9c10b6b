using System.Buffers;
using TsBackup.Errors;

namespace TsBackup.Connectors.LineProtocol;

/// <summary>Hands out the lines of a stream from one pooled buffer; a line can be made to reach over further line feeds.</summary>
internal sealed class LineBuffer : IDisposable
{
    private readonly Stream _stream;
    private readonly string _source;
    private byte[] _buffer;
    private int _start;
    private int _end;
    private int _filled;
    private bool _ended;

    public LineBuffer(Stream stream, string source, int size)
    {
        _stream = stream;
        _source = source;
        _buffer = ArrayPool<byte>.Shared.Rent(size);
        _end = -1;
    }

    /// <summary>Longest line that is read. A line beyond it is taken for a file that is no line protocol.</summary>
    public static int MaxLineLength => 64 << 20;

    /// <summary>The line without its line feed; valid until the next call.</summary>
    public ReadOnlySpan<byte> Line => _buffer.AsSpan(_start, _end - _start);

    /// <summary>True when the last line of the stream, and it, has no line feed at its end.</summary>
    public bool IsUnended { get; private set; }

    /// <summary>Line feeds passed.</summary>
    public long LineFeeds { get; private set; }

    /// <summary>Goes to the next line; false at the end.</summary>
    public bool Next(CancellationToken cancellation)
    {
        _start = _end + 1;
        _end = _start;
        if (_start > _filled)
            return false;
        return FindEnd(_start, cancellation);
    }

    /// <summary>Makes the line reach over its line feed up to the next one; false when the stream ends with it.</summary>
    public bool Extend(CancellationToken cancellation)
    {
        if (IsUnended || _end >= _filled)
            return false;
        var length = _end - _start;
        return FindEnd(_end + 1, cancellation) && _end - _start > length;
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private bool FindEnd(int from, CancellationToken cancellation)
    {
        while (true)
        {
            var at = _buffer.AsSpan(from, _filled - from).IndexOf((byte)'\n');
            if (at >= 0)
            {
                _end = from + at;
                LineFeeds++;
                return true;
            }
            var scanned = _filled - _start;
            if (!Fill(cancellation))
            {
                _end = _filled;
                IsUnended = _end > _start;
                LineFeeds += IsUnended ? 1 : 0;
                return IsUnended;
            }
            from = _start + scanned;
        }
    }

    private bool Fill(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (_ended)
            return false;
        var kept = _filled - _start;
        if (kept > MaxLineLength)
        {
            throw new TsBackupException(
                ErrorId.LineProtocolInvalid,
                $"Line {LineFeeds + 1} of '{_source}' is longer than {MaxLineLength >> 20} MiB.",
                _source,
                "Check that the file is line protocol and that its quotes are closed.");
        }
        if (kept > _buffer.Length / 2)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(_start, kept).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        else
        {
            _buffer.AsSpan(_start, kept).CopyTo(_buffer);
        }
        _start = 0;
        _filled = kept;
        var read = _stream.Read(_buffer, _filled, _buffer.Length - _filled);
        _filled += read;
        _ended = read == 0;
        return read > 0;
    }
}
