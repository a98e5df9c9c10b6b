using System.IO.Compression;
using System.Text;
using TsBackup.Connectors;
using TsBackup.Connectors.Files;
using TsBackup.Model;

namespace TsBackup.Tests.Connectors.Files;

/// <summary>A folder of line protocol that goes away with the test.</summary>
internal sealed class TestFolder : IDisposable
{
    public TestFolder()
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"tsbackup-test-{Guid.NewGuid():N}", "store");
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public FileConnector Open(string options = "") => new(StoreAddress.Parse($"file://{Path}{options}"), new ConnectorOptions());

    public string Put(string name, string text)
    {
        var path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        if (name.EndsWith(".gz", StringComparison.Ordinal))
        {
            using var packed = new GZipStream(File.Create(path), CompressionLevel.Fastest);
            packed.Write(Encoding.UTF8.GetBytes(text));
        }
        else
        {
            File.WriteAllText(path, text);
        }
        return path;
    }

    public static async Task<Dictionary<Slice, SliceSummary>> ReadAll(FileConnector store, IEnumerable<SliceGroup> groups)
    {
        var result = new Dictionary<Slice, SliceSummary>();
        foreach (var group in groups)
        {
            var digesters = new Dictionary<Slice, SliceDigester>();
            await foreach (var part in store.ReadAsync(group, default))
            {
                if (!digesters.TryGetValue(part.Slice, out var digester))
                    digesters[part.Slice] = digester = new SliceDigester();
                if (part is SliceRows rows)
                {
                    using (rows.Batch)
                        digester.Append(rows.Batch);
                }
                else
                {
                    result.Add(part.Slice, digester.Finish());
                }
            }
        }
        return result;
    }

    public static async Task<Dictionary<Slice, SliceSummary>> ReadAll(FileConnector store, Scope? scope = null)
    {
        var catalog = await store.DescribeAsync(default);
        return await ReadAll(store, await store.PlanAsync(catalog, scope ?? Scope.All, default));
    }

    /// <summary>Copies everything from one store to another.</summary>
    public static async Task<WriteOutcome> Copy(FileConnector source, FileConnector target)
    {
        var catalog = await source.DescribeAsync(default);
        await using var writer = await target.OpenWriterAsync(new RestoreTarget(catalog, TimeRange.All), default);
        var total = new WriteOutcome(0, 0, []);
        foreach (var group in await source.PlanAsync(catalog, Scope.All, default))
        {
            var outcome = await writer.WriteAsync(group, source.ReadAsync(group, default), default);
            total = new(total.RowsWritten + outcome.RowsWritten, total.RowsFailed + outcome.RowsFailed, [.. total.Failures, .. outcome.Failures]);
        }
        await writer.CompleteAsync(default);
        return total;
    }

    public void Dispose() => Directory.Delete(System.IO.Path.GetDirectoryName(Path)!, recursive: true);
}
