namespace TsBackup.Pipeline;

/// <summary>What the user says to a change.</summary>
internal enum Consent
{
    /// <summary>Do it.</summary>
    Given,

    /// <summary>Leave it.</summary>
    Refused,

    /// <summary>Show what would be done (-WhatIf).</summary>
    PlanOnly,
}
