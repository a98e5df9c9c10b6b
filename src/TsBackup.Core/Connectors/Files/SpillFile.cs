using System.Text;

namespace TsBackup.Connectors.Files;

/// <summary>A sorted run of rows in a temporary file that only its owner may read and that goes away when it is closed.</summary>
internal sealed class SpillFile : IDisposable
{
    private readonly FileStream _file;
    private readonly BinaryWriter _writer;
    private BinaryReader? _reader;
    private byte[] _text = [];
    private long _rows;

    public SpillFile()
    {
        var path = Path.Combine(Path.GetTempPath(), $"tsbackup-sort-{Guid.NewGuid():N}{FileNames.Temporary}");
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose,
            BufferSize = 64 << 10,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            _file = new FileStream(path, options);
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Writing(error, path);
        }
        _writer = new BinaryWriter(_file, Encoding.UTF8, leaveOpen: true);
    }

    /// <summary>How often its rows have been merged out of other runs.</summary>
    public int Level { get; init; }

    /// <summary>The row read last.</summary>
    public SortedRow Row { get; } = new();

    public void Write(SortedRow row)
    {
        try
        {
            _writer.Write(row.Series);
            _writer.Write(row.Time);
            _writer.Write(row.Cells.Length);
            foreach (ref readonly var cell in row.Cells)
            {
                _writer.Write(cell.Column);
                _writer.Write(cell.Length);
                if (cell.Length < 0)
                    _writer.Write(cell.Bits);
                else
                    _writer.Write(row.TextOf(cell));
            }
            _rows++;
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Writing(error, _file.Name);
        }
    }

    /// <summary>Reads the next row; false at the end. Nothing can be written afterwards.</summary>
    public bool Read()
    {
        if (_reader is null)
        {
            _writer.Flush();
            _file.Position = 0;
            _reader = new BinaryReader(_file, Encoding.UTF8, leaveOpen: true);
        }
        if (_rows-- <= 0)
            return false;
        Row.Start(_reader.ReadInt32(), _reader.ReadInt64());
        var cells = _reader.ReadInt32();
        for (var i = 0; i < cells; i++)
        {
            var column = _reader.ReadInt32();
            var length = _reader.ReadInt32();
            if (length < 0)
            {
                Row.Add(column, length, _reader.ReadInt64(), default);
                continue;
            }
            if (_text.Length < length)
                _text = new byte[Math.Max(length, 2 * _text.Length)];
            _reader.BaseStream.ReadExactly(_text, 0, length);
            Row.Add(column, length, 0, _text.AsSpan(0, length));
        }
        return true;
    }

    public void Dispose()
    {
        _reader?.Dispose();
        _file.Dispose();
    }
}
