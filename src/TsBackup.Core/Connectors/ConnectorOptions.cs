namespace TsBackup.Connectors;

/// <summary>What a connector is given besides its address.</summary>
public sealed record ConnectorOptions
{
    /// <summary>Time allowed for one request.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often a request is tried in all.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>Accept any TLS certificate. Off unless the user asks.</summary>
    public bool AllowUntrustedCertificate { get; init; }

    /// <summary>Requests or files worked on at once.</summary>
    public int Parallelism { get; init; } = Math.Clamp(Environment.ProcessorCount, 2, 8);

    /// <summary>Takes remarks worth a line in the log.</summary>
    public Action<string>? Log { get; init; }

    /// <summary>Takes warnings that the user must see.</summary>
    public Action<string>? Warn { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
