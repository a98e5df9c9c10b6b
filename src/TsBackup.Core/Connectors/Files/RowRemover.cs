using System.IO.Compression;
using System.Text;
using TsBackup.Connectors.LineProtocol;
using TsBackup.Model;

namespace TsBackup.Connectors.Files;

/// <summary>Takes the lines of a table and range out of a file; the other points keep their lines as they stand.</summary>
internal static class RowRemover
{
    /// <summary>Rewrites a file without the rows; a file that has none left is deleted.</summary>
    public static void Remove(StoreFile file, string table, TimeRange range, long unit, CancellationToken cancellation)
    {
        var kept = 0L;
        var removed = 0L;
        var temporary = Path.Combine(Path.GetDirectoryName(file.Path)!, $".{Guid.NewGuid():N}{FileNames.Temporary}");
        try
        {
            using (var target = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                var packed = file.IsPacked ? new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true) : null;
                using (packed)
                    (kept, removed) = Filter(file, table, range, unit, (Stream?)packed ?? target, cancellation);
                target.Flush(flushToDisk: true);
            }
            if (removed == 0)
                return;
            if (kept == 0)
                File.Delete(file.Path);
            else
                File.Move(temporary, file.Path, overwrite: true);
        }
        catch (Exception error) when (FileErrors.IsFileError(error))
        {
            throw FileErrors.Writing(error, file.Path);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static (long Kept, long Removed) Filter(
        StoreFile file, string table, TimeRange range, long unit, Stream target, CancellationToken cancellation)
    {
        using var stream = file.Open();
        using var parser = new LineProtocolParser(stream, file.Name, unit);
        var output = new BufferedStream(target, 256 << 10);
        var change = -1L;
        var isTable = false;
        var kept = 0L;
        var removed = 0L;
        while (parser.Read(cancellation))
        {
            if (change != parser.SeriesChanges)
            {
                change = parser.SeriesChanges;
                var name = Encoding.UTF8.GetString(LineProtocolSyntax.UnescapeMeasurement(LineSeries.MeasurementOf(parser.Series)));
                isTable = name == table;
            }
            if (isTable && range.Contains(parser.Time))
            {
                removed++;
                continue;
            }
            kept++;
            output.Write(parser.Line);
            output.WriteByte((byte)'\n');
        }
        file.EnsureUnchanged(endsWithinLine: true);
        output.Flush();
        return (kept, removed);
    }
}
