using System.Globalization;
using System.Management.Automation;
using TsBackup.Errors;
using TsBackup.Model;

namespace TsBackup.Binding;

/// <summary>
/// Turns a time into nanoseconds since 1970 UTC: DateTime (local unless it says UTC), DateTimeOffset, RFC 3339 text with up to nine
/// decimals (UTC unless it names an offset), or an integer, which is taken as nanoseconds.
/// </summary>
public sealed class TimeTransformationAttribute : ArgumentTransformationAttribute
{
    private const int NanosecondsPerTick = 100;

    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        try
        {
            return (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
            {
                null => null,
                DateTime time => FromTicks(time.ToUniversalTime().Ticks),
                DateTimeOffset time => FromTicks(time.UtcTicks),
                sbyte or byte or short or ushort or int or uint or long => Convert.ToInt64(inputData, CultureInfo.InvariantCulture),
                var other => TimeText.Parse(Convert.ToString(other, CultureInfo.InvariantCulture) ?? ""),
            };
        }
        catch (TsBackupException e)
        {
            throw new ArgumentTransformationMetadataException($"{e.Message} {e.Hint}", e);
        }
    }

    private static long FromTicks(long ticks)
    {
        var nanoseconds = (Int128)(ticks - DateTime.UnixEpoch.Ticks) * NanosecondsPerTick;
        return nanoseconds >= long.MinValue && nanoseconds <= long.MaxValue
            ? (long)nanoseconds
            : throw new TsBackupException(ErrorId.TimeInvalid, "The time lies outside the years 1677 to 2262.");
    }
}
