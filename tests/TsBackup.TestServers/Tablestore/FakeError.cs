using TsBackup.Tablestore.Protocol;
using TsBackup.Tablestore.Protocol.Messages;

namespace TsBackup.TestServers.Tablestore;

/// <summary>An error that the fake answers with.</summary>
internal sealed class FakeError(int status, string code, string message) : Exception(message)
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    public AccessDeniedDetail? Detail { get; init; }

    public static FakeError Invalid(string message) => new(400, ErrorCodes.ParameterInvalid, message);

    public static FakeError NoTable(string name) => new(404, ErrorCodes.ObjectNotExist, $"Requested table does not exist: {name}.");

    public ErrorMessage ToMessage() => new() { Code = Code, Text = Message, AccessDenied = Detail };
}
