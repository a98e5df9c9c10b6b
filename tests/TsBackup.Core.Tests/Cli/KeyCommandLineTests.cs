using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TsBackup.Errors;
using TsBackup.Operations;
using TsBackup.Repository;
using TsBackup.Tests.Support;
using Xunit;

namespace TsBackup.Tests.Cli;

/// <summary>Keys on the command line: several of them, by passphrase and by certificate.</summary>
public sealed class KeyCommandLineTests : IAsyncLifetime, IDisposable
{
    private const string Passphrase = "first passphrase";
    private const string CertificatePassword = "of the certificate";
    private static readonly PbeParameters s_encryption = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);
    private readonly ScratchFolder _folder = new();

    private string Repository => _folder.File("repository");

    private string Store => new Uri(_folder.File("store")).AbsoluteUri;

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(_folder.File("store"));
        await File.WriteAllTextAsync(Path.Combine(_folder.File("store"), "cpu.lp"), "cpu,host=a load=0.5 1700000000000000000\n");
        using var key = KeySource.FromPassphrase(Passphrase);
        await using var made = await RepositoryConnection.CreateAsync(
            Repository, key, new RepositoryOptions { KeyIterations = 1000 }, default);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task APassphraseIsChangedByAddingTheNewOneAndRemovingTheOld()
    {
        var file = _folder.File("new");
        await File.WriteAllTextAsync(file, "second passphrase\n");
        var added = (await OwnerAsync("key", "add", "--new-passphrase-file", file, "--label", "night shift", "--iterations", "1000")).Json[0]!;
        Assert.Equal(("Passphrase", "Full", "night shift"), ((string?)added["Kind"], (string?)added["Access"], (string?)added["Label"]));
        var first = (await OwnerAsync("key", "list")).Json.Single(key => (string?)key["KeyId"] != (string?)added["KeyId"]);

        var left = await RunAsync(null, "key", "remove", (string)first["KeyId"]!, "--passphrase-file", file);

        Assert.Equal([(string?)added["KeyId"]], left.Expect(0).Json.Select(key => (string?)key["KeyId"]));
        Assert.Contains(nameof(ErrorId.RepositoryKeyWrong), (await RunAsync(Passphrase, "versions")).Expect(1).Error, StringComparison.Ordinal);
        (await RunAsync("second passphrase", "versions")).Expect(0);
    }

    [Theory]
    [InlineData("pkcs12")]
    [InlineData("pem")]
    [InlineData("encrypted pem")]
    public async Task ACertificateOpensTheRepositoryInsteadOfAPassphrase(string format)
    {
        var arguments = await AddCertificateAsync(format);

        (await RunAsync(null, ["backup", Store, .. arguments])).Expect(0);
        var restored = await RunAsync(null, ["restore", "latest", new Uri(_folder.File("restored")).AbsoluteUri, .. arguments]);

        Assert.Equal((1, true), ((int)restored.Expect(0).Json["RowsRestored"]!, (bool?)restored.Json["Verified"]));
    }

    [Fact]
    public async Task AWriteOnlyCertificateBacksUpAndReadsNothing()
    {
        var arguments = await AddCertificateAsync("pkcs12", "--write-only");

        (await RunAsync(null, ["backup", Store, .. arguments])).Expect(0);

        var refused = (await RunAsync(null, ["restore", "latest", new Uri(_folder.File("restored")).AbsoluteUri, .. arguments])).Expect(1);
        Assert.Equal(nameof(ErrorId.KeyCannotRead), (string?)refused.Json["ErrorId"]);
        Assert.True((bool?)(await OwnerAsync("test", "latest", "--level", "Full")).Json["Passed"]);
    }

    [Theory]
    [InlineData(2, nameof(ErrorId.ArgumentInvalid), "--certificate", "{public}")]
    [InlineData(2, nameof(ErrorId.ArgumentInvalid), "--certificate", "{text}")]
    [InlineData(2, nameof(ErrorId.ArgumentInvalid), "--certificate", "{private}")]
    [InlineData(2, nameof(ErrorId.ArgumentInvalid), "--certificate", "{private}", "--certificate-password-file", "{text}")]
    [InlineData(2, nameof(ErrorId.ArgumentInvalid), "--certificate", "{private}", "--passphrase-file", "{text}")]
    [InlineData(1, nameof(ErrorId.FileNotFound), "--certificate", "{nowhere}")]
    [InlineData(1, nameof(ErrorId.RepositoryKeyWrong), "--certificate", "{private}", "--certificate-password-file", "{password}")]
    public async Task WhatOpensNothingIsAClearError(int exitCode, string errorId, params string[] arguments)
    {
        WriteCertificate("pkcs12");
        await File.WriteAllTextAsync(_folder.File("text"), "-----BEGIN NOTHING-----\n");

        var filled = arguments.Select(argument => argument.StartsWith('{') ? _folder.File(argument.Trim('{', '}')) : argument);
        var result = (await RunAsync(null, ["versions", .. filled])).Expect(exitCode);

        Assert.Equal(errorId, (string?)result.Json["ErrorId"]);
        Assert.DoesNotContain(CertificatePassword, result.Error, StringComparison.Ordinal);
    }

    /// <summary>Adds a slot for a new certificate, and gives the arguments that open the repository with it.</summary>
    private async Task<string[]> AddCertificateAsync(string format, params string[] options)
    {
        WriteCertificate(format);
        var added = await OwnerAsync(["key", "add", "--new-certificate", _folder.File("public"), .. options]);
        Assert.Equal("CN=backup", (string?)added.Json[0]!["Subject"]);
        return format == "pem"
            ? ["--certificate", _folder.File("private")]
            : ["--certificate", _folder.File("private"), "--certificate-password-file", _folder.File("password")];
    }

    private void WriteCertificate(string format)
    {
        using var key = RSA.Create(2048);
        var now = DateTimeOffset.UtcNow;
        using var certificate = new CertificateRequest("CN=backup", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(now.AddDays(-1), now.AddDays(7));
        File.WriteAllText(_folder.File("public"), certificate.ExportCertificatePem());
        File.WriteAllText(_folder.File("password"), CertificatePassword);
        var both = format switch
        {
            "pkcs12" => certificate.Export(X509ContentType.Pkcs12, CertificatePassword),
            "pem" => Pem(key.ExportPkcs8PrivateKeyPem()),
            _ => Pem(key.ExportEncryptedPkcs8PrivateKeyPem(CertificatePassword, s_encryption)),
        };
        File.WriteAllBytes(_folder.File("private"), both);

        byte[] Pem(string keyText) => System.Text.Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n" + keyText + "\n");
    }

    private async Task<CommandResult> OwnerAsync(params string[] arguments) => (await RunAsync(Passphrase, arguments)).Expect(0);

    private Task<CommandResult> RunAsync(string? passphrase, params string[] arguments) => CommandLine.RunAsync(
        new Dictionary<string, string?> { ["TSBACKUP_PASSPHRASE"] = passphrase },
        [.. arguments, "--repository", Repository, "--json"]);
}
