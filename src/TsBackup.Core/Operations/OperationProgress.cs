namespace TsBackup.Operations;

/// <summary>How far an operation is.</summary>
/// <param name="Activity">What is being done, such as <c>Backing up influxdb://host/db</c>.</param>
/// <param name="Status">One line with counts and rate.</param>
/// <param name="Fraction">Share done from 0 to 1; −1 when the whole is not known.</param>
/// <param name="Remaining">Time left at the present rate; null when the whole is not known.</param>
/// <param name="Rows">Rows so far.</param>
/// <param name="Bytes">Bytes so far.</param>
public sealed record OperationProgress(string Activity, string Status, double Fraction, TimeSpan? Remaining, long Rows, long Bytes);
