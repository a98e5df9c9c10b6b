using System.Runtime.CompilerServices;
using System.Text;
using TsBackup.Connectors.Http;
using TsBackup.Errors;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>What a reply has come to.</summary>
internal enum InfluxReplyEvent
{
    /// <summary>A series (or the continuation of one) begins: see Name, Tags, Columns.</summary>
    Series,

    /// <summary>Rows are there to take with TryRow until it says false.</summary>
    Rows,

    /// <summary>A statement is complete.</summary>
    StatementEnd,

    /// <summary>A statement has failed: see Error. Statements after it are not carried out.</summary>
    StatementError,
}

/// <summary>
/// Walks through a chunked msgpack reply of <c>/query</c>: a row of objects, each with results, each with series. A reply is complete
/// only when every statement has had a result that is not marked partial.
/// </summary>
/// <param name="body">The reply's body.</param>
/// <param name="target">The store's name for messages.</param>
/// <param name="statements">Number of statements that were sent.</param>
/// <param name="repeats">
/// True for SHOW statements: of some of them (SHOW TAG KEYS) the server sends one result after another without a word of more to come.
/// </param>
internal sealed class InfluxReply(ReplyStream body, string target, int statements, bool repeats = false)
{
    private readonly MsgPackReader _reader = new(body, target);
    private readonly List<(byte[] Name, byte[] Value)> _tags = [];
    private byte[][] _columnBytes = [];
    private MsgPackValue[] _row = [];
    private int _rowsLeft;
    private bool _seriesIsPartial;
    private bool _resultIsPartial;

    /// <summary>Index of the statement.</summary>
    public int Statement { get; private set; }

    /// <summary>Name of the series as bytes.</summary>
    public byte[] Name { get; private set; } = [];

    /// <summary>Tags of the series, sorted by name; an absent tag has an empty value.</summary>
    public IReadOnlyList<(byte[] Name, byte[] Value)> Tags => _tags;

    /// <summary>Names of the columns; the same instance as long as they stay the same.</summary>
    public string[] Columns { get; private set; } = [];

    /// <summary>Values of the row taken last.</summary>
    public ReadOnlySpan<MsgPackValue> Row => _row;

    /// <summary>Why the statement has failed.</summary>
    public string Error { get; private set; } = "";

    /// <summary>Bytes of a value of the row taken last.</summary>
    public ReadOnlySpan<byte> Bytes(in MsgPackValue value) => _reader.Bytes(value);

    /// <summary>Takes the next row, if it is here.</summary>
    public bool TryRow()
    {
        if (_rowsLeft == 0 || !_reader.TryReadRow(_row))
            return false;
        _rowsLeft--;
        return true;
    }

    /// <summary>Walks through the reply.</summary>
    /// <exception cref="TsBackupException">StoreReplyTruncated, StoreReplyPartial, StoreReplyInvalid, StoreQueryFailed.</exception>
    public async IAsyncEnumerable<InfluxReplyEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var done = 0;
        while (!await _reader.IsAtEndAsync(cancellation).ConfigureAwait(false))
        {
            var results = await OpenObjectAsync(cancellation).ConfigureAwait(false);
            for (; results > 0; results--)
            {
                if (done == statements && !repeats)
                    throw _reader.Invalid("holds more results than there were statements");
                done = Math.Min(done, statements - 1);
                Statement = done;
                Error = "";
                _resultIsPartial = _seriesIsPartial = false;
                var pairs = await _reader.ReadHeadAsync(MsgPackKind.Map, cancellation).ConfigureAwait(false);
                for (; pairs > 0; pairs--)
                {
                    var key = await KeyAsync(cancellation).ConfigureAwait(false);
                    if (key != "series")
                    {
                        await ResultPairAsync(key, cancellation).ConfigureAwait(false);
                        continue;
                    }
                    var series = await _reader.ReadHeadAsync(MsgPackKind.Array, cancellation).ConfigureAwait(false);
                    for (; series > 0; series--)
                    {
                        await foreach (var step in SeriesAsync(cancellation).ConfigureAwait(false))
                            yield return step;
                    }
                }
                if (Error.Length > 0)
                {
                    yield return InfluxReplyEvent.StatementError;
                    yield break;
                }
                if (_resultIsPartial)
                    continue;
                if (_seriesIsPartial)
                    throw Partial();
                done++;
                yield return InfluxReplyEvent.StatementEnd;
            }
        }
        if (_resultIsPartial)
            throw Partial();
        if (done < statements)
            throw new TsBackupException(ErrorId.StoreReplyTruncated, $"A reply of {target} ended before all results were there.", target);
    }

    private async IAsyncEnumerable<InfluxReplyEvent> SeriesAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        Name = [];
        _tags.Clear();
        _seriesIsPartial = false;
        var hasColumns = false;
        var pairs = await _reader.ReadHeadAsync(MsgPackKind.Map, cancellation).ConfigureAwait(false);
        for (; pairs > 0; pairs--)
        {
            switch (await KeyAsync(cancellation).ConfigureAwait(false))
            {
                case "name":
                    Name = await BytesAsync(cancellation).ConfigureAwait(false);
                    break;
                case "tags":
                    await TagsAsync(cancellation).ConfigureAwait(false);
                    break;
                case "columns":
                    await ColumnsAsync(cancellation).ConfigureAwait(false);
                    hasColumns = true;
                    break;
                case "values":
                    if (!hasColumns)
                        throw _reader.Invalid("has values before columns");
                    _rowsLeft = await _reader.ReadHeadAsync(MsgPackKind.Array, cancellation).ConfigureAwait(false);
                    yield return InfluxReplyEvent.Series;
                    while (_rowsLeft > 0)
                    {
                        var before = _rowsLeft;
                        yield return InfluxReplyEvent.Rows;
                        if (_rowsLeft > 0 && before == _rowsLeft)
                            await _reader.MoreAsync(cancellation).ConfigureAwait(false);
                    }
                    break;
                case "partial":
                    _seriesIsPartial = (await _reader.ReadAsync(cancellation).ConfigureAwait(false)).Bits != 0;
                    break;
                default:
                    await _reader.SkipAsync(cancellation).ConfigureAwait(false);
                    break;
            }
        }
    }

    private async ValueTask<int> OpenObjectAsync(CancellationToken cancellation)
    {
        var pairs = await _reader.ReadHeadAsync(MsgPackKind.Map, cancellation).ConfigureAwait(false);
        if (pairs != 1)
            throw _reader.Invalid("is not that of a query");
        switch (await KeyAsync(cancellation).ConfigureAwait(false))
        {
            case "results":
                return await _reader.ReadHeadAsync(MsgPackKind.Array, cancellation).ConfigureAwait(false);
            case "error":
                var text = Encoding.UTF8.GetString(await BytesAsync(cancellation).ConfigureAwait(false));
                throw InfluxErrors.FromQuery(target, text);
            default:
                throw _reader.Invalid("is not that of a query");
        }
    }

    private async ValueTask ResultPairAsync(string key, CancellationToken cancellation)
    {
        switch (key)
        {
            case "statement_id":
                var id = await _reader.ReadAsync(cancellation).ConfigureAwait(false);
                if (id.Kind != MsgPackKind.Int64 || id.Bits != Statement)
                    throw _reader.Invalid($"has the result of statement {id.Bits} where that of {Statement} is expected");
                break;
            case "partial":
                _resultIsPartial = (await _reader.ReadAsync(cancellation).ConfigureAwait(false)).Bits != 0;
                break;
            case "error":
                Error = Encoding.UTF8.GetString(await BytesAsync(cancellation).ConfigureAwait(false));
                break;
            default:
                await _reader.SkipAsync(cancellation).ConfigureAwait(false);
                break;
        }
    }

    private async ValueTask TagsAsync(CancellationToken cancellation)
    {
        var count = await _reader.ReadHeadAsync(MsgPackKind.Map, cancellation).ConfigureAwait(false);
        for (; count > 0; count--)
        {
            var name = await BytesAsync(cancellation).ConfigureAwait(false);
            _tags.Add((name, await BytesAsync(cancellation).ConfigureAwait(false)));
        }
        // The server sends them in random order.
        if (_tags.Count > 1)
            _tags.Sort(static (a, b) => a.Name.AsSpan().SequenceCompareTo(b.Name));
    }

    private async ValueTask ColumnsAsync(CancellationToken cancellation)
    {
        var count = await _reader.ReadHeadAsync(MsgPackKind.Array, cancellation).ConfigureAwait(false);
        if (count == 0)
            throw _reader.Invalid("has a series without columns");
        if (count != _columnBytes.Length)
            _columnBytes = [.. Enumerable.Repeat<byte[]>([], Math.Min(count, 1 << 20))];
        var same = Columns.Length == count;
        for (var i = 0; i < count; i++)
        {
            var value = await _reader.ReadAsync(cancellation).ConfigureAwait(false);
            if (value.Kind != MsgPackKind.Bytes)
                throw _reader.Invalid("has a column without a name");
            if (i >= _columnBytes.Length)
                throw _reader.Invalid($"announces {count} columns");
            if (_reader.Bytes(value).SequenceEqual(_columnBytes[i]))
                continue;
            same = false;
            _columnBytes[i] = _reader.Bytes(value).ToArray();
            _reader.Text(value);
        }
        if (same)
            return;
        Columns = [.. _columnBytes.Select(Encoding.UTF8.GetString)];
        _row = new MsgPackValue[count];
    }

    private async ValueTask<string> KeyAsync(CancellationToken cancellation)
    {
        var key = await _reader.ReadAsync(cancellation).ConfigureAwait(false);
        if (key.Kind != MsgPackKind.Bytes)
            throw _reader.Invalid("has a map whose key is no text");
        var bytes = _reader.Bytes(key);
        foreach (var known in Keys)
        {
            if (bytes.SequenceEqual(known.Bytes))
                return known.Text;
        }
        return "";
    }

    private static readonly (string Text, byte[] Bytes)[] Keys =
    [
        .. new[] { "results", "series", "name", "tags", "columns", "values", "partial", "statement_id", "error" }
            .Select(key => (key, Encoding.ASCII.GetBytes(key))),
    ];

    private async ValueTask<byte[]> BytesAsync(CancellationToken cancellation)
    {
        var value = await _reader.ReadAsync(cancellation).ConfigureAwait(false);
        return value.Kind == MsgPackKind.Bytes
            ? _reader.Bytes(value).ToArray()
            : throw _reader.Invalid($"has {value.Kind} where a text is expected");
    }

    private TsBackupException Partial() => new(
        ErrorId.StoreReplyPartial,
        $"{target} left out rows of a reply because of one of its limits.",
        target,
        "Raise max-row-limit in the server's [http] section, or set it to 0.");
}
