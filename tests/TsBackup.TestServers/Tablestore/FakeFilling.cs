using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.TestServers.Tablestore;

/// <summary>Makes a table with rows without a client, for benches and scripts.</summary>
internal static class FakeFilling
{
    /// <summary>
    /// Two key columns and eight others: five doubles with two decimals, two integers, one string; the same for the same number.
    /// </summary>
    public static void Fill(FakeDispatch dispatch, string table, int rows)
    {
        var create = new CreateTableRequest
        {
            Meta = new TableMeta { TableName = table },
            Throughput = new ReservedThroughput { Units = new CapacityUnit { Read = 0, Write = 0 } },
            Options = new TableOptions { TimeToLive = -1, MaxVersions = 1, MaxVersionOffset = 86_400 * 365 },
        };
        create.Meta.PrimaryKey.Add(new PrimaryKeySchema { Name = "host", Type = PrimaryKeyType.String });
        create.Meta.PrimaryKey.Add(new PrimaryKeySchema { Name = "seq", Type = PrimaryKeyType.Integer });
        dispatch.Run(OperationNames.CreateTable, create.Serialize(), null);
        var random = new Random(5);
        var first = dispatch.Instance.NowMs - rows;
        for (var i = 0; i < rows; i++)
        {
            var request = new RowChangeRequest
            {
                TableName = table,
                Row = Row(random, i, rows, first + i),
                Condition = new Condition { RowExistence = RowExistence.Ignore },
            };
            dispatch.Run(OperationNames.PutRow, request.Serialize(), null);
        }
    }

    private static byte[] Row(Random random, int number, int rows, long version)
    {
        var writer = new PlainBufferWriter();
        writer.BeginRow();
        writer.Key("host", PlainValue.Of($"host_{number * 100L / rows:D3}"));
        writer.Key("seq", PlainValue.Of((long)number));
        for (var i = 0; i < 5; i++)
            writer.Cell($"usage_{i}", PlainValue.Of(Math.Round(random.NextDouble() * 100, 2)), version);
        writer.Cell("bytes_read", PlainValue.Of(random.NextInt64(1 << 30)), version);
        writer.Cell("bytes_written", PlainValue.Of(random.NextInt64(1 << 20)), version);
        writer.Cell("state", PlainValue.Of(random.Next(10) == 0 ? "degraded" : "running"), version);
        writer.EndRow();
        return writer.ToArray();
    }
}
