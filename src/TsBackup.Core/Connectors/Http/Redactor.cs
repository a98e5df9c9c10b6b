using System.Text;

namespace TsBackup.Connectors.Http;

/// <summary>Takes known secrets out of texts that are shown or logged, in every spelling in which they travel.</summary>
internal sealed class Redactor
{
    private const string Mask = "***";

    // Shorter ones also stand inside ordinary words, which would no longer be readable, and would tell the secret to whoever knows the word.
    private const int MinimumInsideWords = 6;
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
            text = secret.Length < MinimumInsideWords ? CleanAlone(text, secret) : text.Replace(secret, Mask, StringComparison.Ordinal);
        return text;
    }

    private static string CleanAlone(string text, string secret)
    {
        var cleaned = new StringBuilder();
        var start = 0;
        var search = 0;
        while (text.IndexOf(secret, search, StringComparison.Ordinal) is >= 0 and var at)
        {
            var end = at + secret.Length;
            search = at + 1;
            if (IsInRun(text, at) || IsInRun(text, end))
                continue;
            cleaned.Append(text, start, at - start).Append(Mask);
            start = search = end;
        }
        return cleaned.Append(text, start, text.Length - start).ToString();
    }

    /// <summary>True when the characters before and at an index belong to one run of letters or digits.</summary>
    private static bool IsInRun(string text, int index) => index > 0 && index < text.Length
        && char.IsLetterOrDigit(text[index - 1]) && char.IsLetterOrDigit(text[index]);

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
