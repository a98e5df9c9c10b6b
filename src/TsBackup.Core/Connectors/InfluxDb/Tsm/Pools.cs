using System.Buffers;

namespace TsBackup.Connectors.InfluxDb.Tsm;

/// <summary>Arrays that are used again and grow.</summary>
internal static class Pools
{
    /// <summary>Makes room for <paramref name="needed"/> items; what was in the array is lost when it has to grow.</summary>
    public static void Ensure<T>(ref T[] array, int needed)
    {
        if (array.Length >= needed)
            return;
        Return(ref array);
        array = ArrayPool<T>.Shared.Rent(needed);
    }

    /// <summary>Makes room and keeps the first <paramref name="used"/> items.</summary>
    public static void Grow<T>(ref T[] array, int used, int needed)
    {
        if (array.Length >= needed)
            return;
        var larger = ArrayPool<T>.Shared.Rent(Math.Max(needed, (int)Math.Min(array.Length * 2L, Array.MaxLength)));
        array.AsSpan(0, used).CopyTo(larger);
        Return(ref array);
        array = larger;
    }

    /// <summary>Gives an array back.</summary>
    public static void Return<T>(ref T[] array)
    {
        if (array.Length > 0)
            ArrayPool<T>.Shared.Return(array);
        array = [];
    }
}
