using System.Text;

namespace TsBackup.Connectors.Http;

/// <summary>Takes known secrets out of texts that are shown or logged, in every spelling in which they travel.</summary>
internal sealed class Redactor
{
    private const string Mask = "***";
    private readonly List<string> _secrets = [];

    /// <summary>Makes a redactor; empty and null secrets are ignored.</summary>
    public Redactor(params string?[] secrets)
    {
        foreach (var secret in secrets)
            Add(secret);
    }

    /// <summary>The text without secrets.</summary>
    public string Clean(string text)
    {
        foreach (var secret in _secrets)
            text = text.Replace(secret, Mask, StringComparison.Ordinal);
        return text;
    }

    private void Add(string? secret)
    {
        if (string.IsNullOrEmpty(secret))
            return;
        string[] spellings =
        [
            secret,
            Uri.EscapeDataString(secret),
            Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)),
            secret.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal),
        ];
        foreach (var spelling in spellings)
        {
            if (!_secrets.Contains(spelling))
                _secrets.Add(spelling);
        }
        // Longer ones first, so that a secret inside another leaves no rest of it behind.
        _secrets.Sort(static (a, b) => b.Length.CompareTo(a.Length));
    }
}
