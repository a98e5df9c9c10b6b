using System.Globalization;

namespace TsBackup.Bench;

/// <summary>A figure of ours against a peer's, from pairs measured in turn in one run.</summary>
internal sealed record Comparison(string Figure, string Peer, string Unit, IReadOnlyList<(double Ours, double Theirs)> Pairs, double MustReach)
{
    public double Median => Ratios[Ratios.Length / 2];

    public double Least => Ratios[0];

    public double Most => Ratios[^1];

    public bool Reached => Median <= MustReach;

    private double[] Ratios => [.. Pairs.Select(p => p.Ours / p.Theirs).Order()];

    public object ToJson() => new
    {
        Figure,
        Peer,
        Unit,
        Ours = Middle(Pairs.Select(p => p.Ours)),
        Theirs = Middle(Pairs.Select(p => p.Theirs)),
        Median,
        Min = Least,
        Max = Most,
        MustReach,
        Reached,
        Pairs = Pairs.Count,
    };

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Figure,-38} {Middle(Pairs.Select(p => p.Ours)),10:0.###} {Middle(Pairs.Select(p => p.Theirs)),10:0.###} {Unit,-8} ratio {Median,6:0.000} (min {Least:0.000}, max {Most:0.000}, must {MustReach:0.00}) {(Reached ? "reached" : "MISSED")}  vs {Peer}");

    private static double Middle(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
