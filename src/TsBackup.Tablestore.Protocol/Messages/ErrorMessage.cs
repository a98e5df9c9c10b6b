using TsBackup.Tablestore.Protocol.Wire;

namespace TsBackup.Tablestore.Protocol.Messages;

/// <summary>Why access was denied, in the terms of the access service.</summary>
internal sealed class AccessDeniedDetail : Message
{
    public string? Action { get; set; }

    public string? PrincipalType { get; set; }

    public string? PrincipalOwnerId { get; set; }

    public string? PrincipalDisplayName { get; set; }

    public string? PolicyType { get; set; }

    public string? NoPermissionType { get; set; }

    public string? EncodedDiagnosticMessage { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Action = fields.Text(1, Action);
        PrincipalType = fields.Text(2, PrincipalType);
        PrincipalOwnerId = fields.Text(3, PrincipalOwnerId);
        PrincipalDisplayName = fields.Text(4, PrincipalDisplayName);
        PolicyType = fields.Text(5, PolicyType);
        NoPermissionType = fields.Text(6, NoPermissionType);
        EncodedDiagnosticMessage = fields.Text(7, EncodedDiagnosticMessage);
    }
}

/// <summary>The body of a reply without success, and of a failed row in a batch.</summary>
internal sealed class ErrorMessage : Message
{
    public string? Code { get; set; }

    public string? Text { get; set; }

    public AccessDeniedDetail? AccessDenied { get; set; }

    internal override void Describe(MessageFields fields)
    {
        Code = fields.Text(1, Code, required: true);
        Text = fields.Text(2, Text);
        AccessDenied = fields.Nested(3, AccessDenied);
    }
}
