using TsBackup.Connectors;
using TsBackup.Errors;
using TsBackup.Model;
using Xunit;

namespace TsBackup.Tests.Contracts;

/// <summary>
/// What holds for every connector. A connector's suite derives from it, says where stores are made and which types they hold, and
/// overrides <see cref="Data"/> when its tables are not series.
/// </summary>
public abstract class ConnectorContract
{
    /// <summary>Types of value columns that the store holds.</summary>
    protected abstract IReadOnlyList<ColumnType> ValueTypes { get; }

    /// <summary>Why the suite cannot run on this machine; null when it can.</summary>
    protected virtual string? Unavailable => null;

    /// <summary>The id of the error that tells of a store that is not there; null when a store that is not there is an empty one.</summary>
    protected virtual ErrorId? MissingStore => ErrorId.StoreNotFound;

    /// <summary>True when the store finds its rows by time, so that a range takes just the rows inside.</summary>
    protected virtual bool SlicesByTime => true;

    /// <summary>Opens a store of that name, which does not exist unless it was written to before.</summary>
    protected abstract IConnector Open(string store, ConnectorOptions? options = null);

    /// <summary>A table of that name.</summary>
    protected virtual TableId Table(string name) => new("", name);

    /// <summary>Rows to write and expect back.</summary>
    protected virtual ContractData Data(int seed) => SeriesData.Make(Table, ValueTypes, seed);

    /// <summary>Fresh name of a store.</summary>
    protected static string NewName() => $"contract-{Guid.NewGuid():N}"[..20];

    /// <summary>Writes data and completes the writer.</summary>
    protected static async Task<WriteOutcome> WriteAsync(IConnector connector, ContractData data)
    {
        await using var writer = await connector.OpenWriterAsync(new RestoreTarget(data.Catalog, TimeRange.All), CancellationToken.None);
        var outcome = await writer.WriteAsync(data.Group, data.EventsAsync(), CancellationToken.None);
        await writer.CompleteAsync(CancellationToken.None);
        return outcome;
    }

    [SkippableFact]
    public async Task AStoreThatIsNotThereIsNamed()
    {
        SkipIfUnavailable();
        await using var connector = Open(NewName());
        if (MissingStore is { } id)
        {
            var error = await Assert.ThrowsAsync<TsBackupException>(() => connector.DescribeAsync(CancellationToken.None));
            Assert.Equal(id, error.Id);
            return;
        }
        Assert.Empty((await connector.DescribeAsync(CancellationToken.None)).Tables);
    }

    [SkippableFact]
    public async Task EveryRowComesBackToTheBit()
    {
        SkipIfUnavailable();
        await using var connector = Open(NewName());
        var data = Data(1);
        var expected = data.ToRows();

        var outcome = await WriteAsync(connector, data);

        Assert.Empty(outcome.Failures);
        Assert.Equal((expected.Count, 0L), ((int)outcome.RowsWritten, outcome.RowsFailed));
        Assert.Equal(expected, await StoreRows.ReadAsync(connector));
        var catalog = await connector.DescribeAsync(CancellationToken.None);
        Assert.All(data.Catalog.Tables, table => Assert.Contains(catalog.Tables, found => found.Id.Name == table.Id.Name));
    }

    [SkippableFact]
    public async Task SlicesOfAPlanDoNotOverlapAndEveryOneEnds()
    {
        SkipIfUnavailable();
        await using var connector = Open(NewName());
        await WriteAsync(connector, Data(2));
        var catalog = await connector.DescribeAsync(CancellationToken.None);
        var groups = await connector.PlanAsync(catalog, Scope.All, CancellationToken.None);

        var slices = groups.SelectMany(group => group.Slices).ToArray();
        Assert.Equal(slices.Length, slices.Distinct().Count());
        Assert.Equal(groups.Count, groups.Select(group => group.Id).Distinct().Count());
        foreach (var same in slices.GroupBy(slice => (slice.Table, slice.Partition)))
        {
            var ordered = same.OrderBy(slice => slice.Window.First).ToArray();
            Assert.All(ordered.Zip(ordered.Skip(1)), pair => Assert.False(pair.First.Window.Overlaps(pair.Second.Window)));
        }
        foreach (var group in groups)
        {
            var ended = (await DigestsAsync(connector, group)).Keys;
            Assert.All(group.Slices, slice => Assert.Contains(slice, ended));
        }
    }

    [SkippableFact]
    public async Task ReadingAVersionsSlicesGivesTheSameDigests()
    {
        SkipIfUnavailable();
        await using var connector = Open(NewName());
        await WriteAsync(connector, Data(3));
        var catalog = await connector.DescribeAsync(CancellationToken.None);

        foreach (var group in await connector.PlanAsync(catalog, Scope.All, CancellationToken.None))
        {
            var planned = await DigestsAsync(connector, group);
            foreach (var (slice, summary) in planned.Where(pair => pair.Value.Rows > 0))
            {
                var again = await DigestsAsync(connector, new SliceGroup("again", [slice]));
                Assert.Equal(summary, again[slice]);
            }
        }
    }

    [SkippableFact]
    public async Task WritingTheSameRowsAgainChangesNothing()
    {
        SkipIfUnavailable();
        await using var connector = Open(NewName());
        var data = Data(4);
        await WriteAsync(connector, data);
        var outcome = await WriteAsync(connector, data);

        Assert.Equal(0, outcome.RowsFailed);
        Assert.Equal(data.ToRows(), await StoreRows.ReadAsync(connector));
    }

    [SkippableFact]
    public async Task RowsAreFoundWhereTheyAre()
    {
        SkipIfUnavailable();
        await using var connector = Open(NewName());
        var data = Data(5);
        var slice = data.Slices[0].Slice;
        Assert.False(await connector.HasRowsAsync(slice.Table, TimeRange.All, CancellationToken.None));

        await WriteAsync(connector, data);

        Assert.True(await connector.HasRowsAsync(slice.Table, TimeRange.All, CancellationToken.None));
        Assert.False(await connector.HasRowsAsync(Table("nowhere"), TimeRange.All, CancellationToken.None));
        if (SlicesByTime)
        {
            Assert.True(await connector.HasRowsAsync(slice.Table, slice.Window, CancellationToken.None));
            Assert.False(await connector.HasRowsAsync(slice.Table, new TimeRange(0, 1_000_000_000), CancellationToken.None));
        }
    }

    [SkippableFact]
    public async Task DeletedRowsAreGoneAndNoOthers()
    {
        SkipIfUnavailable();
        await using var connector = Open(NewName());
        Skip.IfNot(connector.Capabilities.Deletes && SlicesByTime, "The store does not delete ranges.");
        var data = Data(6);
        await WriteAsync(connector, data);
        var gone = data.Slices[0].Slice;

        await connector.DeleteRowsAsync(gone.Table, gone.Window, CancellationToken.None);

        Assert.Equal(data.ToRows(slice => slice != gone), await StoreRows.ReadAsync(connector));
    }

    [SkippableFact]
    public async Task ARangeTakesJustTheRowsInside()
    {
        SkipIfUnavailable();
        Skip.IfNot(SlicesByTime, "The store does not cut by time.");
        await using var connector = Open(NewName());
        var data = Data(7);
        await WriteAsync(connector, data);
        var all = data.ToRows();
        var times = all.Keys.Select(TimeOf).Order().ToArray();
        var range = new TimeRange(times[times.Length / 4], times[times.Length / 2]);

        var read = await StoreRows.ReadAsync(connector, Scope.All with { Range = range });

        var expected = all.Where(row => range.Contains(TimeOf(row.Key))).ToDictionary(StringComparer.Ordinal);
        Assert.Equal(new SortedDictionary<string, string>(expected, StringComparer.Ordinal), read);
    }

    [SkippableFact]
    public async Task TablesCanBeChosen()
    {
        SkipIfUnavailable();
        await using var connector = Open(NewName());
        var data = Data(8);
        await WriteAsync(connector, data);
        var table = data.Slices[0].Slice.Table;

        var read = await StoreRows.ReadAsync(connector, Scope.All with { Include = [table.Name] });

        var names = read.Keys.Select(key => key[..key.IndexOf('|', StringComparison.Ordinal)]).Distinct();
        Assert.EndsWith(table.Name, Assert.Single(names));
        Assert.Equal(data.ToRows(slice => slice.Table == table).Count, read.Count);
    }

    [SkippableFact]
    public async Task AScratchStoreComesAndGoes()
    {
        SkipIfUnavailable();
        await using var connector = Open(NewName());
        Skip.IfNot(connector.Capabilities.Scratch, "The store makes no scratch stores.");
        var data = Data(9);
        var address = connector.ScratchAddress(NewName());
        await using (var scratch = Reopen(connector, address))
        {
            await using (var writer = await scratch.OpenWriterAsync(
                new RestoreTarget(data.Catalog, TimeRange.All, IsScratch: true), CancellationToken.None))
            {
                await writer.WriteAsync(data.Group, data.EventsAsync(), CancellationToken.None);
                await writer.CompleteAsync(CancellationToken.None);
            }
            Assert.Equal(data.ToRows(), await StoreRows.ReadAsync(scratch));
            await scratch.DropScratchAsync(CancellationToken.None);
        }
        await using var after = Reopen(connector, address);
        Assert.False(await after.HasRowsAsync(data.Slices[0].Slice.Table, TimeRange.All, CancellationToken.None));
    }

    [SkippableFact]
    public async Task AStoreThatIsNoScratchIsNeverDropped()
    {
        SkipIfUnavailable();
        await using var connector = Open(NewName());
        var data = Data(10);
        await WriteAsync(connector, data);

        var error = await Assert.ThrowsAsync<TsBackupException>(() => connector.DropScratchAsync(CancellationToken.None));

        Assert.Equal(ErrorId.CapabilityMissing, error.Id);
        Assert.Equal(data.ToRows().Count, (await StoreRows.ReadAsync(connector)).Count);
    }

    [SkippableFact]
    public async Task ReadingStopsWhenItIsCancelled()
    {
        SkipIfUnavailable();
        await using var connector = Open(NewName());
        await WriteAsync(connector, Data(11));
        var catalog = await connector.DescribeAsync(CancellationToken.None);
        var group = (await connector.PlanAsync(catalog, Scope.All, CancellationToken.None))[0];
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var step in connector.ReadAsync(group, stop.Token))
                (step as SliceRows)?.Batch.Dispose();
        });
    }

    [SkippableFact]
    public async Task AnEmptyStoreHasAPlanWithoutRows()
    {
        SkipIfUnavailable();
        await using var connector = Open(NewName());
        var nothing = Data(12) with { Slices = [] };
        await WriteAsync(connector, nothing with { Catalog = nothing.Catalog with { Tables = [] } });

        Assert.Empty(await StoreRows.ReadAsync(connector));
    }

    /// <summary>Opens another store of the same kind.</summary>
    protected virtual IConnector Reopen(IConnector like, StoreAddress address) => ConnectorCatalog.Open(address);

    /// <summary>Skips the test where the suite cannot run.</summary>
    protected void SkipIfUnavailable() => Skip.If(Unavailable is not null, Unavailable ?? "");

    /// <summary>Reads a group and returns the summary of each slice that ended.</summary>
    protected static async Task<Dictionary<Slice, SliceSummary>> DigestsAsync(IConnector connector, SliceGroup group)
    {
        var open = new Dictionary<Slice, SliceDigester>();
        var ended = new Dictionary<Slice, SliceSummary>();
        await foreach (var step in connector.ReadAsync(group, CancellationToken.None))
        {
            if (!open.TryGetValue(step.Slice, out var digester))
                open.Add(step.Slice, digester = new SliceDigester());
            switch (step)
            {
                case SliceRows(_, var batch):
                    digester.Append(batch);
                    batch.Dispose();
                    break;
                case SliceEnd:
                    ended.Add(step.Slice, digester.Finish());
                    break;
                case SliceFailure(_, var error):
                    throw error;
            }
        }
        foreach (var digester in open.Values)
            digester.Dispose();
        return ended;
    }

    private static long TimeOf(string row) =>
        long.Parse(row[(row.LastIndexOf('|') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
}
