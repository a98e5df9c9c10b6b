using System.Buffers;
using System.Globalization;
using System.Text.RegularExpressions;
using TsBackup.Connectors.Http;
using TsBackup.Connectors.LineProtocol;
using TsBackup.Model;

namespace TsBackup.Connectors.InfluxDb;

/// <summary>
/// Sends rows and finds out exactly how many were taken. The server's count of dropped points holds for one shard only, and some
/// refusals have no count; where it cannot be relied on, the rows are sent again in halves until each half is taken or is one row.
/// Writing a row twice changes nothing.
/// </summary>
internal sealed partial class InfluxPointSender(InfluxApi api)
{
    // The server counts shard groups from the year 1, not from 1970.
    private static readonly Int128 EpochSinceYearOne = (Int128)62_135_596_800 * 1_000_000_000;

    /// <summary>Sends rows of a batch and counts them.</summary>
    /// <param name="slice">Their slice.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="first">First row.</param>
    /// <param name="end">Row after the last one.</param>
    /// <param name="shardDuration">Length of the target's shard groups, or 0 when they may differ.</param>
    /// <param name="account">Takes the counts.</param>
    /// <param name="cancellation">Stops between requests.</param>
    public async Task SendAsync(
        Slice slice, Batch batch, int first, int end, long shardDuration, InfluxWriteAccount account, CancellationToken cancellation)
    {
        var lines = NewWriter();
        var (count, body) = Encode(lines, slice, batch, first, end);
        foreach (var refusal in lines.Refusals)
            account.Failed(slice, refusal.Rows, refusal.Reason);
        var refused = count == 0 ? null : await api.WriteAsync(slice.Table.Group, body, cancellation).ConfigureAwait(false);
        if (refused is null)
            account.Written(count);
        else
            await SettleAsync(new Part(slice, batch, first, end, count), refused, shardDuration, account, cancellation)
                .ConfigureAwait(false);
    }

    private static LineProtocolWriter NewWriter() => new() { RefusesFieldsNamedTime = true };

    private static (int Lines, byte[] Body) Encode(LineProtocolWriter lines, Slice slice, Batch batch, int first, int end)
    {
        var text = new ArrayBufferWriter<byte>(1 << 20);
        var count = lines.Write(slice.Table.Name, batch, first, end, text);
        return (count, count == 0 ? [] : GzipBody.Pack(text.WrittenSpan));
    }

    private async Task SettleAsync(
        Part part, string refused, long shardDuration, InfluxWriteAccount account, CancellationToken cancellation)
    {
        var dropped = DroppedOf(refused);
        if (part.Lines == 1 || dropped == part.Lines)
        {
            account.Failed(part.Slice, part.Lines, Reason(refused));
            return;
        }
        if (dropped > 0 && dropped < part.Lines && CountIsExact(refused) && LiesInOneShard(part, shardDuration))
        {
            account.Failed(part.Slice, dropped, Reason(refused));
            account.Written(part.Lines - dropped);
            return;
        }
        var middle = part.First + ((part.End - part.First) / 2);
        foreach (var (first, end) in new[] { (part.First, middle), (middle, part.End) })
        {
            cancellation.ThrowIfCancellationRequested();
            var (count, body) = Encode(NewWriter(), part.Slice, part.Batch, first, end);
            if (count == 0)
                continue;
            var answer = await api.WriteAsync(part.Slice.Table.Group, body, cancellation).ConfigureAwait(false);
            if (answer is null)
                account.Written(count);
            else
                await SettleAsync(part with { First = first, End = end, Lines = count }, answer, shardDuration, account, cancellation)
                    .ConfigureAwait(false);
        }
    }

    private static long DroppedOf(string refused) =>
        DroppedCount().Match(refused) is { Success: true } match
            ? long.Parse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture)
            : 0;

    // Of two kinds of refusal in one body only one is told; a conflict is counted per row, the others may hide it.
    private static bool CountIsExact(string refused) =>
        refused.StartsWith("partial write: field type conflict", StringComparison.Ordinal);

    private static bool LiesInOneShard(Part part, long shardDuration)
    {
        if (shardDuration <= 0 || part.Batch.Time is not { } time)
            return false;
        var times = time.Values[part.First..part.End];
        var first = times[0];
        var last = first;
        foreach (var at in times)
        {
            first = Math.Min(first, at);
            last = Math.Max(last, at);
        }
        return (first + EpochSinceYearOne) / shardDuration == (last + EpochSinceYearOne) / shardDuration;
    }

    private static string Reason(string refused)
    {
        var reason = DroppedCount().Replace(refused, "").Trim();
        var quoted = reason.StartsWith("unable to parse '", StringComparison.Ordinal)
            ? reason.LastIndexOf("': ", StringComparison.Ordinal)
            : -1;
        if (quoted > 0)
            reason = "unable to parse: " + reason[(quoted + 3)..];
        return $"The store refuses it: {(reason.Length > 300 ? reason[..300] + "…" : reason).TrimEnd('.')}.";
    }

    [GeneratedRegex(@"\s*dropped=(\d{1,18})")]
    private static partial Regex DroppedCount();

    private sealed record Part(Slice Slice, Batch Batch, int First, int End, int Lines);
}
