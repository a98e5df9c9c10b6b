namespace TsBackup.Tablestore.Protocol.Signing;

/// <summary>Who asks: access key, secret and, for temporary credentials, the security token. Never printed.</summary>
internal sealed class Credentials(string accessKeyId, string accessKeySecret, string? securityToken = null)
{
    /// <summary>Access key id; public.</summary>
    public string AccessKeyId { get; } = accessKeyId;

    /// <summary>The secret.</summary>
    public string AccessKeySecret { get; } = accessKeySecret;

    /// <summary>The security token; null for a permanent key.</summary>
    public string? SecurityToken { get; } = securityToken;

    /// <inheritdoc/>
    public override string ToString() => "credentials";
}
