namespace TsBackup.Repository;

/// <summary>An entry of the log.</summary>
/// <param name="Position">Its place.</param>
/// <param name="Previous">Checksum of the entry before in hexadecimal digits; empty for the first.</param>
/// <param name="Time">When it was written, by the clock of its writer.</param>
/// <param name="Events">What happened.</param>
public sealed record LogEntry(LogPosition Position, string Previous, DateTimeOffset Time, IReadOnlyList<LogEvent> Events)
{
    internal static byte[] Encode(string previous, DateTimeOffset time, IEnumerable<LogEvent> events)
    {
        var fields = new FieldWriter().Bytes(1, Convert.FromHexString(previous)).Time(2, time);
        foreach (var item in events)
        {
            var inner = new FieldWriter()
                .Number(1, (long)item.Action).Text(2, item.Name).Bytes(3, Convert.FromHexString(item.Checksum));
            fields.Bytes(3, inner.Written.Span);
        }
        return fields.ToArray();
    }

    /// <exception cref="Errors.TsBackupException">RecordDamaged.</exception>
    internal static LogEntry Decode(ObjectFrame frame, long sequence)
    {
        try
        {
            var previous = "";
            DateTimeOffset time = default;
            List<LogEvent> events = [];
            var reader = new FieldReader(frame.Public);
            while (reader.Next())
            {
                if (reader.Tag == 1)
                    previous = Convert.ToHexStringLower(reader.Exactly(ObjectFrame.ChecksumSize));
                else if (reader.Tag == 2)
                    time = reader.Time;
                else if (reader.Tag == 3)
                    events.Add(DecodeEvent(reader.Value));
            }
            var position = new LogPosition(frame.Repository.ToString(), sequence, Convert.ToHexStringLower(frame.Checksum));
            return new LogEntry(position, previous, time, events);
        }
        catch (FormatException failure)
        {
            throw RepositoryErrors.Damaged(ObjectKind.Log, frame.Name, failure.Message, failure);
        }
    }

    private static LogEvent DecodeEvent(ReadOnlySpan<byte> bytes)
    {
        var found = new LogEvent(0, "");
        var reader = new FieldReader(bytes);
        while (reader.Next())
        {
            found = reader.Tag switch
            {
                1 => found with { Action = (LogAction)reader.Number },
                2 => found with { Name = reader.Text },
                3 => found with { Checksum = Convert.ToHexStringLower(reader.Value) },
                _ => found,
            };
        }
        return found;
    }
}
