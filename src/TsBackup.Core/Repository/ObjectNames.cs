using System.Globalization;
using System.Security.Cryptography;

namespace TsBackup.Repository;

/// <summary>The names of objects in a repository (FORMAT.md section 3).</summary>
internal static class ObjectNames
{
    public const string Config = "config";
    public const string Slots = "keys/";
    public const string Grants = "grants/";
    public const string Packs = "packs/";
    public const string Indexes = "index/";
    public const string Versions = "versions/";
    public const string Log = "log/";
    public const string Removals = "removed/";
    public const string Marks = "marks/";
    public const string Sessions = "sessions/";
    public const string Results = "results/";
    public const string Probes = "probes/";

    /// <summary>What stands in the folder of a repository.</summary>
    public static IReadOnlyList<string> Roots { get; } =
    [
        Config,
        .. new[] { Slots, Grants, Packs, Indexes, Versions, Log, Removals, Marks, Sessions, Results, Probes }
            .Select(name => name.TrimEnd('/')),
    ];

    public static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    public static string Slot(string id) => Slots + id;

    public static string Grant(string slot, uint epoch) => $"{Grants}{slot}-{epoch.ToString("x8", CultureInfo.InvariantCulture)}";

    /// <summary>The slot that a grant of this name is for.</summary>
    public static string SlotOfGrant(string name) => Leaf(name).Split('-')[0];

    /// <summary>The epoch that a grant of this name is of; 0 when the name says none.</summary>
    public static uint EpochOfGrant(string name) =>
        uint.TryParse(
            name.AsSpan(name.LastIndexOf('-') + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var epoch) ? epoch : 0;

    public static string Pack(PackId id)
    {
        var text = id.ToString();
        return $"{Packs}{text[..2]}/{text}";
    }

    public static string Version(string id) => Versions + id;

    public static string LogEntry(long sequence) => Log + sequence.ToString("D10", CultureInfo.InvariantCulture);

    /// <summary>What follows the last slash.</summary>
    public static string Leaf(string name) => name[(name.LastIndexOf('/') + 1)..];

    /// <summary>Reads the id of a pack from its name.</summary>
    public static bool TryPackId(string name, out PackId id)
    {
        var leaf = Leaf(name);
        return PackId.TryParse(leaf, out id) && Pack(id) == name;
    }

    /// <summary>The kind of object that a name stands for; null for names that are none of ours.</summary>
    public static ObjectKind? KindOf(string name) => name switch
    {
        Config => ObjectKind.Config,
        _ when Is(name, Slots) => ObjectKind.Slot,
        _ when Is(name, Grants) => ObjectKind.Grant,
        _ when Is(name, Packs) => ObjectKind.Pack,
        _ when Is(name, Indexes) => ObjectKind.Index,
        _ when Is(name, Versions) => ObjectKind.Version,
        _ when Is(name, Log) => ObjectKind.Log,
        _ when Is(name, Removals) => ObjectKind.Removal,
        _ when Is(name, Marks) => ObjectKind.Mark,
        _ when Is(name, Sessions) => ObjectKind.Session,
        _ when Is(name, Results) => ObjectKind.Result,
        _ => null,
    };

    private static bool Is(string name, string prefix) => name.StartsWith(prefix, StringComparison.Ordinal);
}
