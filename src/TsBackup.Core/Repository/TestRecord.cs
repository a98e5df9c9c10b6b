namespace TsBackup.Repository;

/// <summary>A result of a test that is kept in the repository.</summary>
/// <param name="Time">When it ended, by the clock of the tester.</param>
/// <param name="Level">Level of the test, such as <c>Stored</c>.</param>
/// <param name="Subject">What was tested: id of a version, name of a pack, or empty for the whole repository.</param>
/// <param name="Passed">True when nothing was wrong.</param>
/// <param name="Text">Anything else, for people.</param>
public sealed record TestRecord(DateTimeOffset Time, string Level, string Subject, bool Passed, string Text)
{
    internal byte[] Encode() => new FieldWriter()
        .Time(1, Time).Text(2, Level).Text(3, Subject).Flag(4, Passed).Text(5, Text).ToArray();

    /// <exception cref="FormatException">The bytes are malformed.</exception>
    internal static TestRecord Decode(ReadOnlySpan<byte> bytes)
    {
        var record = new TestRecord(default, "", "", false, "");
        var reader = new FieldReader(bytes);
        while (reader.Next())
        {
            record = reader.Tag switch
            {
                1 => record with { Time = reader.Time },
                2 => record with { Level = reader.Text },
                3 => record with { Subject = reader.Text },
                4 => record with { Passed = reader.Flag },
                5 => record with { Text = reader.Text },
                _ => record,
            };
        }
        return record;
    }
}
