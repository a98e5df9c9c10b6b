using System.Text;
using System.Text.Unicode;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Connectors.LineProtocol;

/// <summary>
/// Reads line protocol point by point, strictly: whatever InfluxDB 1.x would refuse or read in two ways, and every line without a
/// timestamp, is an error that names the source and the line. Comments and empty lines are passed over. Lines of one series one after
/// another, and equal field keys at equal places, cost next to nothing. Not thread-safe.
/// </summary>
public sealed class LineProtocolParser : IDisposable
{
    private const int DefaultBufferSize = 256 << 10;

    private readonly LineBuffer _lines;
    private readonly string _source;
    private readonly long _unit;
    private readonly FieldKeys _keys = new();
    private readonly KnownSeries _known = new();
    private LineField[] _fields = new LineField[16];
    private int _fieldCount;
    private byte[] _rawSeries = [];
    private byte[] _series = [];
    private int _offset;
    private long _points;
    private long _firstLine;

    /// <summary>Makes a parser.</summary>
    /// <param name="stream">The text; read to its end, stays the caller's.</param>
    /// <param name="source">Name of the file for error messages.</param>
    /// <param name="unit">Nanoseconds per unit of the timestamps: 1, 1 000, 1 000 000 or 1 000 000 000.</param>
    public LineProtocolParser(Stream stream, string source, long unit = 1)
        : this(stream, source, unit, DefaultBufferSize)
    {
    }

    internal LineProtocolParser(Stream stream, string source, long unit, int bufferSize)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfLessThan(unit, 1);
        _lines = new LineBuffer(stream, source, bufferSize);
        _source = source;
        _unit = unit;
    }

    /// <summary>Number of the line the point starts on, from 1.</summary>
    public long LineNumber => _firstLine;

    /// <summary>Points read so far.</summary>
    public long Points => _points;

    /// <summary>The series in escaped form with its tags in order; equal for equal series. Valid until the next read.</summary>
    public ReadOnlySpan<byte> Series => _series;

    /// <summary>Counts changes of the series from line to line: the same number means the same series as before.</summary>
    public long SeriesChanges { get; private set; }

    /// <summary>A number of the series within this parser, −1 when it keeps none of it. A series may have several.</summary>
    internal int SeriesNumber { get; private set; } = -1;

    /// <summary>Time in nanoseconds.</summary>
    public long Time { get; private set; }

    /// <summary>The fields in the order of the line; valid until the next read.</summary>
    public ReadOnlySpan<LineField> Fields => _fields.AsSpan(0, _fieldCount);

    /// <summary>Number of distinct field keys seen so far.</summary>
    public int FieldKeyCount => _keys.Count;

    /// <summary>The line as it stands, without its line feed; valid until the next read.</summary>
    public ReadOnlySpan<byte> Line => _lines.Line;

    /// <summary>True when the stream ended without a line feed after its last line.</summary>
    public bool IsUnended => _lines.IsUnended;

    /// <summary>Unescaped name of a field key.</summary>
    public string FieldName(int key) => _keys.NameOf(key);

    /// <summary>Appends a quoted text, its backslashes taken out, to a column.</summary>
    /// <param name="escaped">Text between the quotes, see <see cref="EscapedText"/>.</param>
    /// <param name="column">A String column.</param>
    public static void AppendText(ReadOnlySpan<byte> escaped, BytesColumn column)
    {
        ArgumentNullException.ThrowIfNull(column);
        if (!escaped.Contains(LineProtocolSyntax.Backslash))
        {
            column.Append(escaped);
            return;
        }
        Span<byte> small = stackalloc byte[512];
        var plain = escaped.Length <= small.Length ? small : new byte[escaped.Length];
        column.Append(plain[..Unescape(escaped, plain)]);
    }

    /// <summary>The text of a String field as the line has it, quotes left out.</summary>
    public ReadOnlySpan<byte> EscapedText(in LineField field) => _lines.Line.Slice((int)field.Bits, field.Length);

    /// <summary>Takes the backslashes out of a quoted text; returns the length.</summary>
    /// <param name="escaped">Text between the quotes.</param>
    /// <param name="output">At least as long; may not overlap.</param>
    public static int Unescape(ReadOnlySpan<byte> escaped, Span<byte> output)
    {
        var length = 0;
        for (var i = 0; i < escaped.Length; i++)
        {
            if (escaped[i] == LineProtocolSyntax.Backslash && i + 1 < escaped.Length
                && escaped[i + 1] is (byte)'"' or LineProtocolSyntax.Backslash)
                i++;
            output[length++] = escaped[i];
        }
        return length;
    }

    /// <summary>Reads the next point; false at the end.</summary>
    /// <exception cref="TsBackupException">LineProtocolInvalid, with the source as target.</exception>
    public bool Read(CancellationToken cancellation = default)
    {
        while (_lines.Next(cancellation))
        {
            _firstLine = _lines.LineFeeds;
            var line = _lines.Line;
            _offset = SkipBlank(line, 0);
            if (_offset == line.Length || line[_offset] == '#' || (line[_offset] == '\r' && _offset == line.Length - 1))
                continue;
            _points++;
            ReadSeries(line);
            ReadFields(cancellation);
            ReadTime(_lines.Line);
            return true;
        }
        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    /// <summary>Makes the error for the current line.</summary>
    /// <param name="fact">End of the sentence that starts "Line n of 'file' ".</param>
    public TsBackupException Invalid(string fact) => new(
        ErrorId.LineProtocolInvalid,
        $"Line {_firstLine} of '{_source}' {fact}.",
        _source,
        "Correct or remove the line; lines look like: measurement,tag=value field=1.5,count=3i 1767225600000000000");

    private static int SkipBlank(ReadOnlySpan<byte> line, int at)
    {
        while (at < line.Length && line[at] is (byte)' ' or (byte)'\t' or 0)
            at++;
        return at;
    }

    private void ReadSeries(ReadOnlySpan<byte> line)
    {
        var rest = line[_offset..];
        var known = _rawSeries.Length;
        if (known > 0 && rest.Length > known && rest[known] == ' ' && rest.StartsWith(_rawSeries))
        {
            _offset += known;
            return;
        }
        var end = LineSeriesCheck.EndOf(rest);
        if (end < 0)
            throw Invalid("has no fields");
        _offset += end;
        var entry = SeriesOf(rest[..end]);
        _rawSeries = entry.Raw;
        if (ReferenceEquals(_series, entry.Canonical) || _series.AsSpan().SequenceEqual(entry.Canonical))
            return;
        _series = entry.Canonical;
        SeriesNumber = entry.Number;
        SeriesChanges++;
    }

    private KnownSeries.Entry SeriesOf(ReadOnlySpan<byte> raw)
    {
        if (_known.TryFind(raw, out var entry))
            return entry;
        return LineSeriesCheck.Normalize(raw, out var canonical) is { } fault
            ? throw Invalid(fault)
            : _known.Add(raw.ToArray(), canonical);
    }

    private void ReadFields(CancellationToken cancellation)
    {
        _fieldCount = 0;
        _offset = SkipBlank(_lines.Line, _offset);
        while (true)
        {
            var key = ReadKey(_lines.Line);
            if (!_keys.Mark(key, _points))
                throw Invalid($"has the field '{_keys.NameOf(key)}' twice");
            if (_fieldCount == _fields.Length)
                Array.Resize(ref _fields, _fieldCount * 2);
            var line = _lines.Line;
            _fields[_fieldCount] = _offset < line.Length && line[_offset] == '"' ? ReadText(key, cancellation) : ReadValue(key, line);
            _fieldCount++;
            line = _lines.Line;
            if (_offset == line.Length || line[_offset] == ' ')
                return;
            if (line[_offset] != ',')
                throw Invalid($"has text after the value of the field '{_keys.NameOf(key)}'");
            _offset++;
        }
    }

    /// <summary>Reads a field key with its equals sign.</summary>
    private int ReadKey(ReadOnlySpan<byte> line)
    {
        var rest = line[_offset..];
        var expected = _keys.Expected(_fieldCount);
        if (expected.Length > 0 && rest.Length > expected.Length && rest[expected.Length] == '=' && rest.StartsWith(expected))
        {
            _offset += expected.Length + 1;
            return _keys.ExpectedKey(_fieldCount);
        }
        var end = KeyEnd(rest);
        if (end == 0)
            throw Invalid("has a field without a key");
        var raw = rest[..end];
        if (!Utf8.IsValid(raw))
            throw Invalid("has a field key that is not valid UTF-8");
        _offset += end + 1;
        return _keys.Find(raw, _fieldCount);
    }

    private int KeyEnd(ReadOnlySpan<byte> rest)
    {
        for (var i = 0; i < rest.Length; i++)
        {
            var c = rest[i];
            if (c == LineProtocolSyntax.Backslash)
                i++;
            else if (c == '=' && i > 0 && rest[i - 1] == LineProtocolSyntax.Backslash)
                throw Invalid("has a field key that ends with a backslash");
            else if (c == '=')
                return i;
            else if (c is (byte)',' or (byte)' ')
                break;
        }
        throw Invalid("has a field without a value");
    }

    private LineField ReadText(int key, CancellationToken cancellation)
    {
        var start = _offset + 1;
        var at = start;
        while (true)
        {
            var line = _lines.Line;
            var next = at >= line.Length ? -1 : line[at..].IndexOfAny((byte)'"', LineProtocolSyntax.Backslash);
            if (next < 0 || (line[at + next] == LineProtocolSyntax.Backslash && at + next + 1 == line.Length))
            {
                // The text goes on behind the line feed.
                at = next < 0 ? line.Length + 1 : at + next;
                if (!_lines.Extend(cancellation))
                    throw Invalid($"has a text in the field '{_keys.NameOf(key)}' whose quotes are not closed");
                if (next >= 0)
                    at++;
                continue;
            }
            at += next;
            if (line[at] == '"')
                break;
            at += line[at + 1] is (byte)'"' or LineProtocolSyntax.Backslash ? 2 : 1;
        }
        _offset = at + 1;
        return new LineField(key, ColumnType.String, start, at - start);
    }

    private LineField ReadValue(int key, ReadOnlySpan<byte> line)
    {
        var rest = line[_offset..];
        var end = rest.IndexOfAny((byte)',', (byte)' ');
        var text = end < 0 ? rest : rest[..end];
        _offset += text.Length;
        if (text.Length == 0)
            throw Invalid($"has no value for the field '{_keys.NameOf(key)}'");
        switch (text[^1])
        {
            case (byte)'i' when LineNumbers.TryParse(text[..^1], out long integer):
                return new LineField(key, ColumnType.Int64, integer, 0);
            case (byte)'u' when LineNumbers.TryParse(text[..^1], out ulong unsigned):
                return new LineField(key, ColumnType.UInt64, (long)unsigned, 0);
        }
        if (LineNumbers.TryParse(text, out double number))
            return new LineField(key, ColumnType.Float64, BitConverter.DoubleToInt64Bits(number), 0);
        if (text.SequenceEqual("t"u8) || text.SequenceEqual("T"u8) || text.SequenceEqual("true"u8) || text.SequenceEqual("True"u8)
            || text.SequenceEqual("TRUE"u8))
            return new LineField(key, ColumnType.Boolean, 1, 0);
        if (text.SequenceEqual("f"u8) || text.SequenceEqual("F"u8) || text.SequenceEqual("false"u8) || text.SequenceEqual("False"u8)
            || text.SequenceEqual("FALSE"u8))
            return new LineField(key, ColumnType.Boolean, 0, 0);
        var shown = Encoding.UTF8.GetString(text[..Math.Min(text.Length, 40)]);
        throw Invalid($"has the value '{shown}' in the field '{_keys.NameOf(key)}', which is no number, truth value or quoted text");
    }

    private void ReadTime(ReadOnlySpan<byte> line)
    {
        _offset = SkipBlank(line, _offset);
        var text = line[_offset..].TrimEnd(" \t\r"u8);
        if (text.Length == 0)
            throw Invalid("has no timestamp");
        if (!LineNumbers.TryParse(text, out long time))
            throw Invalid("has a timestamp that is no whole number of 64 bits");
        if (_unit == 1)
        {
            Time = time;
            return;
        }
        var scaled = (Int128)time * _unit;
        if (scaled < long.MinValue || scaled > long.MaxValue)
            throw Invalid("has a timestamp outside the range of 64-bit nanoseconds");
        Time = (long)scaled;
    }
}
