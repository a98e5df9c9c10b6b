using System.Buffers;
using System.IO.Compression;
using TsBackup.Connectors.LineProtocol;
using TsBackup.Model;

namespace TsBackup.Connectors.Files;

/// <summary>
/// Writes a slice into a temporary file beside its place and moves it there when it is complete and on the disk. It can be closed in
/// between and goes on where it was.
/// </summary>
internal sealed class SliceFileWriter : IDisposable
{
    private const int FlushBytes = 256 << 10;

    private readonly string _folder;
    private readonly bool _packed;
    private readonly string _temporary;
    private readonly LineProtocolWriter _lines = new();
    private readonly ArrayBufferWriter<byte> _buffer = new(FlushBytes * 2);
    private FileStream? _file;
    private Stream? _output;
    private bool _exists;

    public SliceFileWriter(Slice slice, string folder, bool packed)
    {
        Slice = slice;
        _folder = folder;
        _packed = packed;
        _temporary = Path.Combine(folder, $".{Guid.NewGuid():N}{FileNames.Temporary}");
    }

    public Slice Slice { get; }

    /// <summary>Rows in the file.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows that cannot be said, by reason.</summary>
    public IReadOnlyList<LineProtocolRefusal> Refusals => _lines.Refusals;

    /// <summary>True while a file handle is held.</summary>
    public bool IsOpen => _file is not null;

    public void Append(Batch batch)
    {
        const int step = 4096;
        for (var row = 0; row < batch.RowCount; row += step)
        {
            Rows += _lines.Write(Slice.Table.Name, batch, row, Math.Min(row + step, batch.RowCount), _buffer);
            if (_buffer.WrittenCount >= FlushBytes)
                Drain();
        }
        _lines.Reset();
    }

    /// <summary>Gives the file handle back until more is to be written.</summary>
    public void Suspend()
    {
        Drain();
        Close(toDisk: false);
    }

    /// <summary>Brings what was written to the disk; nothing can be appended after it.</summary>
    public void BringToDisk()
    {
        Drain();
        if (_file is null)
            Open();
        Close(toDisk: true);
    }

    /// <summary>Moves the file, which is on the disk, to its place.</summary>
    /// <param name="name">Its name in the folder.</param>
    /// <returns>Its path.</returns>
    public string Place(string name)
    {
        var path = Path.Combine(_folder, name);
        File.Move(_temporary, path, overwrite: false);
        _exists = false;
        return path;
    }

    public void Dispose()
    {
        try
        {
            _output?.Dispose();
        }
        catch (IOException)
        {
            // Packing writes its last bytes now, which fails on a full disk; of a file that goes away they do not matter.
        }
        finally
        {
            _file?.Dispose();
            _output = null;
            _file = null;
            if (_exists)
                File.Delete(_temporary);
            _exists = false;
        }
    }

    private void Drain()
    {
        if (_buffer.WrittenCount == 0)
            return;
        if (_file is null)
            Open();
        _output!.Write(_buffer.WrittenSpan);
        _buffer.ResetWrittenCount();
    }

    private void Open()
    {
        Directory.CreateDirectory(_folder);
        _file = new FileStream(_temporary, _exists ? FileMode.Append : FileMode.CreateNew, FileAccess.Write, FileShare.None, 1);
        _exists = true;
        _output = _packed ? new GZipStream(_file, CompressionLevel.Fastest, leaveOpen: true) : _file;
    }

    private void Close(bool toDisk)
    {
        if (_packed)
            _output?.Dispose();
        if (toDisk)
            _file?.Flush(flushToDisk: true);
        _file?.Dispose();
        _output = null;
        _file = null;
    }
}
