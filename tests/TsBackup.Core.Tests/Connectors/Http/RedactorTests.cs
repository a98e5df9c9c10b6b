using TsBackup.Connectors.Http;
using Xunit;

namespace TsBackup.Tests.Connectors.Http;

public sealed class RedactorTests
{
    [Theory]
    [InlineData("r", "Grant the user the rights it needs.", "Grant the user the rights it needs.")]
    [InlineData("r", "r or 'r', p=r, r", "*** or '***', p=***, ***")]
    [InlineData("user", "users of user:user@host", "users of ***:***@host")]
    [InlineData("aa", "aaa aa a", "aaa *** a")]
    [InlineData("ab12", "ab123 xab12 ab12", "ab123 xab12 ***")]
    [InlineData("p-", "p- xp- p-x", "*** xp- ***x")]
    [InlineData("é1", "é1 é12", "*** é12")]
    public void AShortSecretIsMaskedOnlyWhereItStandsAlone(string secret, string text, string cleaned) =>
        Assert.Equal(cleaned, new Redactor(secret).Clean(text));

    [Theory]
    [InlineData("hunter2", "xhunter2x and hunter2", "x***x and ***")]
    [InlineData("secret", "secretly", "***ly")]
    public void ALongSecretIsMaskedEverywhere(string secret, string text, string cleaned) =>
        Assert.Equal(cleaned, new Redactor(secret).Clean(text));

    [Theory]
    [InlineData("a b/c")]
    [InlineData("say \"x\\y\"")]
    public void EverySpellingIsMasked(string secret)
    {
        var packed = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(secret));
        var quoted = Newtonsoft.Json.JsonConvert.ToString(secret);
        Assert.Equal("*** *** *** \"***\"", new Redactor(secret).Clean($"{secret} {Uri.EscapeDataString(secret)} {packed} {quoted}"));
    }

    [Fact]
    public void NothingIsMaskedWithoutASecret() => Assert.Equal("all of it", new Redactor(null, "").Clean("all of it"));
}
