using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TsBackup.Connectors.InfluxDb.Snapshot;

/// <summary>A request to the snapshot port: a header byte for the port, the type, and JSON.</summary>
internal sealed record SnapshotRequest(SnapshotRequestType Type)
{
    private const byte PortHeader = 3;

    /// <summary>Number of the shard.</summary>
    public ulong Shard { get; init; }

    /// <summary>Files changed after this time (ns) are wanted.</summary>
    public long Since { get; init; }

    /// <summary>Values between these times (ns) are wanted, of an export.</summary>
    public long ExportTime { get; init; }

    /// <summary>Name of the database in metadata that are sent.</summary>
    public string Database { get; init; } = "";

    /// <summary>Bytes that follow the request.</summary>
    public long UploadSize { get; init; }

    /// <summary>The bytes to be sent.</summary>
    public byte[] ToBytes()
    {
        var json = new JsonObject
        {
            ["Type"] = (int)Type,
            ["BackupDatabase"] = Database,
            ["RestoreDatabase"] = Database,
            ["BackupRetentionPolicy"] = "",
            ["RestoreRetentionPolicy"] = "",
            ["ShardID"] = Shard,
            ["Since"] = Time(Since),
            ["ExportStart"] = Time(ExportTime),
            ["ExportEnd"] = Time(ExportTime),
            ["UploadSize"] = UploadSize,
        };
        return [PortHeader, (byte)Type, .. Encoding.UTF8.GetBytes(json.ToJsonString(JsonSerializerOptions.Default)), (byte)'\n'];
    }

    /// <summary>The start of an upload of a shard's files.</summary>
    public static byte[] Upload(ulong shard)
    {
        var bytes = new byte[10];
        bytes[0] = PortHeader;
        bytes[1] = (byte)SnapshotRequestType.ShardUpdate;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(2), shard);
        return bytes;
    }

    private static string Time(long nanoseconds)
    {
        var seconds = Math.DivRem(nanoseconds, 1_000_000_000, out var rest);
        if (rest < 0)
        {
            seconds--;
            rest += 1_000_000_000;
        }
        var text = DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{text}.{rest:D9}Z");
    }
}

/// <summary>What is asked for.</summary>
internal enum SnapshotRequestType : byte
{
    ShardBackup = 0,
    MetastoreBackup = 1,
    ShardExport = 5,
    MetaStoreUpdate = 6,
    ShardUpdate = 7,
}
