using System.Buffers.Binary;
using System.Collections.Frozen;

namespace TsBackup.Repository;

/// <summary>A result of a test that is kept in the repository.</summary>
/// <param name="Time">When it began, by the clock of the tester; of a test in several runs, the first of them.</param>
/// <param name="Level">Level of the test, such as <c>Stored</c>.</param>
/// <param name="Subject">What was tested: id of a version, or empty for the whole repository.</param>
/// <param name="Passed">True when nothing was wrong.</param>
/// <param name="Text">Anything else, for people.</param>
public sealed record TestRecord(DateTimeOffset Time, string Level, string Subject, bool Passed, string Text)
{
    private const int PackSize = 16 + sizeof(long);

    /// <summary>How much was looked at.</summary>
    public TestExtent Extent { get; init; }

    /// <summary>Share that was not looked at, in millionths; 0 for a whole test.</summary>
    public int Uncovered { get; init; }

    /// <summary>Slices from the start of the version that were looked at, when the test was begun and is to go on.</summary>
    public int Reached { get; init; }

    /// <summary>Packs that were good when they were last read, and when that was.</summary>
    internal IReadOnlyDictionary<PackId, DateTimeOffset> Packs { get; init; } = FrozenDictionary<PackId, DateTimeOffset>.Empty;

    internal byte[] Encode()
    {
        var packs = new byte[Packs.Count * PackSize];
        var at = 0;
        foreach (var (id, time) in Packs)
        {
            id.Write(packs.AsSpan(at));
            BinaryPrimitives.WriteInt64LittleEndian(packs.AsSpan(at + 16), time.UtcTicks);
            at += PackSize;
        }
        return new FieldWriter()
            .Time(1, Time).Text(2, Level).Text(3, Subject).Flag(4, Passed).Text(5, Text)
            .Number(6, (long)Extent).Number(7, Uncovered).Number(8, Reached).Bytes(9, packs).ToArray();
    }

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
                6 => record with { Extent = (TestExtent)Within(reader.Number, (long)TestExtent.Sample) },
                7 => record with { Uncovered = (int)Within(reader.Number, 1_000_000) },
                8 => record with { Reached = (int)Within(reader.Number, int.MaxValue) },
                9 => record with { Packs = DecodePacks(reader.Value) },
                _ => record,
            };
        }
        return record;
    }

    private static long Within(long number, long limit) =>
        number >= 0 && number <= limit ? number : throw new FormatException("A number is out of range.");

    private static Dictionary<PackId, DateTimeOffset> DecodePacks(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length % PackSize != 0)
            throw new FormatException("A list of packs is cut.");
        Dictionary<PackId, DateTimeOffset> packs = new(bytes.Length / PackSize);
        for (; bytes.Length > 0; bytes = bytes[PackSize..])
        {
            var ticks = Within(BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]), DateTime.MaxValue.Ticks);
            packs[PackId.Read(bytes)] = new DateTimeOffset(ticks, TimeSpan.Zero);
        }
        return packs;
    }
}
