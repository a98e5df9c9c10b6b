namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>
/// Reads a source from front to back through one buffer; a file in memory is handed out as it is. A span is valid until the next call.
/// </summary>
internal sealed class SourceWindow(TsmSource source, int size) : IDisposable
{
    private TsmSource _source = source;
    private int _size = size;
    private byte[] _buffer = [];
    private long _start;
    private int _length;

    /// <summary>Reads another source from now on, as many bytes at once.</summary>
    public void Attach(TsmSource source, int size)
    {
        _source = source;
        _size = size;
        _length = 0;
    }

    /// <summary>The bytes at an offset.</summary>
    /// <param name="offset">Where.</param>
    /// <param name="count">How many; the caller has checked them against the file's length.</param>
    public ReadOnlySpan<byte> Get(long offset, int count)
    {
        if (offset < 0 || count < 0 || offset > _source.Length - count)
            throw FileErrors.Damaged(_source.Name, Math.Min(Math.Max(offset, 0), _source.Length), "the file ends early");
        if (_source.IsMemory)
            return _source.Memory.Slice((int)offset, count);
        if (offset < _start || offset + count > _start + _length)
        {
            _length = 0;
            Pools.Ensure(ref _buffer, Math.Max(count, _size));
            var read = (int)Math.Min(_buffer.Length, _source.Length - offset);
            _source.Read(offset, _buffer.AsSpan(0, read));
            _start = offset;
            _length = read;
        }
        return _buffer.AsSpan((int)(offset - _start), count);
    }

    public void Dispose() => Pools.Return(ref _buffer);
}
