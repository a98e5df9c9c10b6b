using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;
using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.TestServers.Tablestore;

/// <summary>Reads of rows.</summary>
internal sealed class FakeRowReads(FakeTablestore server, FakeInstance instance)
{
    /// <summary>Which cells a read takes.</summary>
    private sealed record View(HashSet<string>? Columns, long First, long End, int MaxVersions)
    {
        public string? StartColumn { get; init; }

        public string? EndColumn { get; init; }

        public int SkippedColumns { get; init; }

        public int MaxColumns { get; init; } = int.MaxValue;
    }

    public Message Get(GetRowRequest request)
    {
        var table = instance.Table(request.TableName).CheckReady(instance.Now);
        lock (table.Gate)
        {
            var all = MakeView(table, request.Columns, request.TimeRange, request.MaxVersions);
            var view = Narrow(all, request.StartColumn, request.EndColumn, request.Filter);
            var row = One(table, request.PrimaryKey!.Value, view, out var isCut);
            return new GetRowResponse
            {
                Consumed = FakeInstance.Cost(1, 0),
                Row = row,
                NextToken = isCut ? Token : default(ReadOnlyMemory<byte>?),
            };
        }
    }

    public Message BatchGet(BatchGetRowRequest request)
    {
        if (request.Tables.Sum(t => t.PrimaryKeys.Count) > 100)
            throw FakeError.Invalid("Rows count exceeds the upper limit: 100.");
        var reply = new BatchResponse();
        foreach (var part in request.Tables)
        {
            var table = instance.Table(part.TableName).CheckReady(instance.Now);
            var results = new TableInBatchResponse { TableName = part.TableName };
            lock (table.Gate)
            {
                var view = MakeView(table, part.Columns, part.TimeRange, part.MaxVersions);
                foreach (var key in part.PrimaryKeys)
                    results.Rows.Add(
                        new RowInBatchResponse { IsOk = true, Consumed = FakeInstance.Cost(1, 0), Row = One(table, key, view, out _) });
            }
            reply.Tables.Add(results);
        }
        return reply;
    }

    public Message Range(GetRangeRequest request, bool isEmptyPage)
    {
        var table = instance.Table(request.TableName).CheckReady(instance.Now);
        if (request.Columns.Count > 128)
            throw FakeError.Invalid("The number of columns to get exceeds 128.");
        lock (table.Gate)
        {
            var all = MakeView(table, request.Columns, request.TimeRange, request.MaxVersions);
            var view = Narrow(all, request.StartColumn, request.EndColumn, request.Filter);
            var isForward = request.Direction != Direction.Backward;
            var start = FakeKey.From(PlainBufferReader.ReadSingle(request.InclusiveStart!.Value), table.Meta.PrimaryKey, isBound: true);
            var end = FakeKey.From(PlainBufferReader.ReadSingle(request.ExclusiveEnd!.Value), table.Meta.PrimaryKey, isBound: true);
            if ((isForward ? start.CompareTo(end) : end.CompareTo(start)) > 0)
                throw FakeError.Invalid("Begin key must be less than or equal to end key in FORWARD.");
            var limit = Math.Min(request.Limit is { } l and > 0 ? l : int.MaxValue, server.PageRows);
            return Page(table, start, end, isForward, isEmptyPage ? 0 : limit, view);
        }
    }

    public Message Splits(ComputeSplitPointsRequest request)
    {
        var table = instance.Table(request.TableName).CheckReady(instance.Now);
        var reply = new ComputeSplitPointsResponse { Consumed = FakeInstance.Cost(1, 0) };
        reply.Schema.AddRange(table.Meta.PrimaryKey);
        var target = server.SplitBytes > 0 ? server.SplitBytes : request.SplitSize!.Value * (request.SplitSizeUnit ?? 100L << 20);
        lock (table.Gate)
        {
            var kept = server.KeepsSplits ? table.Splits : null;
            table.Splits = kept ?? MakeSplits(table, target);
            reply.SplitPoints.AddRange(table.Splits);
        }
        reply.Locations.Add(new SplitLocation { Location = "", Repeat = reply.SplitPoints.Count + 1 });
        return reply;
    }

    private static List<ReadOnlyMemory<byte>> MakeSplits(FakeTable table, long target)
    {
        var points = new List<ReadOnlyMemory<byte>>();
        long size = 0;
        for (var i = 1; i < table.Sorted.Length; i++)
        {
            size += table.Sorted[i - 1].Size + 16;
            if (size < target)
                continue;
            size = 0;
            points.Add(SplitPoint(table, i));
        }
        return points;
    }

    private static byte[] SplitPoint(FakeTable table, int index)
    {
        var key = table.Sorted[index].Key;
        var isFirstOfPartition = PlainValue.Compare(key.Values[0], table.Sorted[index - 1].Key.Values[0]) != 0;
        var writer = new PlainBufferWriter();
        writer.BeginRow();
        key.Write(writer, table.Meta.PrimaryKey, isFirstOfPartition ? 1 : int.MaxValue);
        writer.EndRow();
        return writer.ToArray();
    }

    private GetRangeResponse Page(FakeTable table, FakeKey start, FakeKey end, bool isForward, int limit, View view)
    {
        var rows = table.Sorted;
        var step = isForward ? 1 : -1;
        var at = LowerBound(rows, start);
        if (!isForward && (at == rows.Length || rows[at].Key.CompareTo(start) > 0))
            at--;
        var writer = new PlainBufferWriter();
        FakeKey? next = null;
        var count = 0;
        var isCut = false;
        for (; at >= 0 && at < rows.Length && rows[at].Key.CompareTo(end) * step < 0; at += step)
        {
            if (count == limit || writer.Length >= server.PageBytes)
            {
                next = rows[at].Key;
                break;
            }
            if (Write(table, rows[at], view, writer, out isCut))
                count++;
            if (!isCut)
                continue;
            next = rows[at].Key;
            break;
        }
        var reply = new GetRangeResponse
        {
            Consumed = FakeInstance.Cost(1, 0),
            Rows = writer.ToArray(),
            NextToken = isCut ? Token : default(ReadOnlyMemory<byte>?),
        };
        if (next is not null)
        {
            var key = new PlainBufferWriter();
            key.BeginRow();
            next.Write(key, table.Meta.PrimaryKey);
            key.EndRow();
            reply.NextStart = key.ToArray();
        }
        return reply;
    }

    private static int LowerBound(FakeRow[] rows, FakeKey key)
    {
        int low = 0, high = rows.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (rows[middle].Key.CompareTo(key) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private ReadOnlyMemory<byte> One(FakeTable table, ReadOnlyMemory<byte> blob, View view, out bool isCut)
    {
        isCut = false;
        var key = FakeKey.From(PlainBufferReader.ReadSingle(blob), table.Meta.PrimaryKey, isBound: false);
        var writer = new PlainBufferWriter();
        if (table.Find(key) is { } row)
            Write(table, row, view, writer, out isCut);
        return writer.ToArray();
    }

    private View MakeView(FakeTable table, List<string> columns, VersionRange? range, int? maxVersions)
    {
        if (range is null && maxVersions is null)
            throw FakeError.Invalid("No version condition is specified while querying row.");
        if (maxVersions is <= 0)
            throw FakeError.Invalid("MaxVersions must be positive.");
        var first = range?.Specific ?? range?.Start ?? long.MinValue;
        var end = range?.Specific is { } one ? one + 1 : range?.End ?? long.MaxValue;
        return new View(
            columns.Count == 0 ? null : [.. columns],
            Math.Max(first, table.FirstVisible(instance.NowMs)),
            end,
            Math.Min(maxVersions ?? int.MaxValue, table.Options.MaxVersions ?? 1));
    }

    // Its content is nobody's business but the server's.
    private static ReadOnlyMemory<byte> Token => "cut"u8.ToArray();

    /// <summary>Takes what a request says about columns into account. Of the filters only that which counts columns is evaluated.</summary>
    private static View Narrow(View view, string? start, string? end, ReadOnlyMemory<byte>? filter)
    {
        view = view with { StartColumn = start, EndColumn = end };
        if (filter is not { IsEmpty: false } bytes)
            return view;
        var outer = Message.Parse<Filter>(bytes);
        if (outer.Type != FilterType.Pagination)
            throw FakeError.Invalid("The fake server does not evaluate filters on values.");
        var page = Message.Parse<PaginationFilter>(outer.Content!.Value);
        return page is { Offset: >= 0, Limit: > 0 }
            ? view with { SkippedColumns = page.Offset.Value, MaxColumns = page.Limit.Value }
            : throw FakeError.Invalid("Offset and limit of a column pagination filter must be positive.");
    }

    /// <summary>Writes a row as the view shows it; a row that would take more than a reply takes is cut after some cells.</summary>
    private bool Write(FakeTable table, FakeRow row, View view, PlainBufferWriter writer, out bool isCut)
    {
        isCut = false;
        var cells = Visible(table, row, view);
        var expired = table.Options.TimeToLive > 0 && row.WrittenAt < table.FirstVisible(instance.NowMs);
        if (cells.Count == 0 && (view.Columns is not null || expired))
            return false;
        writer.BeginRow();
        row.Key.Write(writer, table.Meta.PrimaryKey);
        var start = writer.Length;
        foreach (var (name, version, value) in cells)
        {
            var size = PlainBufferWriter.SizeOfCell(name.Length, value.Type, value.Bytes.Length);
            isCut = writer.Length > start && writer.Length - start + size > server.ReplyRowBytes;
            if (isCut)
                break;
            writer.Cell(name, value, version);
        }
        writer.EndRow();
        return true;
    }

    private static List<(string Name, long Version, PlainValue Value)> Visible(FakeTable table, FakeRow row, View view)
    {
        var cells = new List<(string, long, PlainValue)>();
        var columns = 0;
        foreach (var (name, versions) in row.Columns)
        {
            if (view.Columns?.Contains(name) == false
                || (view.StartColumn is { } start && string.CompareOrdinal(name, start) < 0)
                || (view.EndColumn is { } end && string.CompareOrdinal(name, end) >= 0))
            {
                continue;
            }
            var before = cells.Count;
            // The table's own limit counts from the newest version, whatever range is asked for.
            var kept = 0;
            var taken = 0;
            foreach (var (version, value) in versions)
            {
                if (kept++ >= table.Options.MaxVersions || taken >= view.MaxVersions)
                    break;
                if (version < view.First || version >= view.End)
                    continue;
                cells.Add((name, version, value));
                taken++;
            }
            if (cells.Count == before)
                continue;
            columns++;
            if (columns <= view.SkippedColumns)
                cells.Clear();
            if (columns - view.SkippedColumns == view.MaxColumns)
                break;
        }
        return cells;
    }
}
