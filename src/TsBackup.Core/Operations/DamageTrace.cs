using TsBackup.Errors;
using TsBackup.Repository;

namespace TsBackup.Operations;

/// <summary>Says which versions, tables and times need the packs that were found damaged or missing.</summary>
internal sealed class DamageTrace(RepositoryConnection repository)
{
    /// <summary>Adds what the problems of packs concern behind them. A version that cannot be read is named as a whole.</summary>
    public async Task<List<BackupProblem>> ExtendAsync(List<BackupProblem> problems, CancellationToken cancellation)
    {
        var bad = problems.Select(problem => problem.Object)
            .Where(name => ObjectNames.TryPackId(name, out _)).ToHashSet(StringComparer.Ordinal);
        if (bad.Count == 0)
            return problems;
        var found = new List<BackupProblem>(problems);
        await repository.Repository.LoadIndexAsync(cancellation).ConfigureAwait(false);
        await foreach (var header in repository.Repository.ListVersionsAsync(cancellation).ConfigureAwait(false))
        {
            var concerned = new Problems(header.Id);
            try
            {
                var content = await VersionReader.ReadAsync(repository, header, cancellation).ConfigureAwait(false);
                foreach (var slice in content.Slices.Where(slice => slice.IsComplete))
                {
                    if (slice.Blocks.Select(block => OnlyPackOf(block.Id)).FirstOrDefault(
                        pack => pack is not null && bad.Contains(pack)) is { } pack)
                        concerned.Add(ErrorId.PackDamaged, $"{slice.Slice} has blocks in the pack '{pack}'.", pack, slice.Slice);
                }
            }
            catch (TsBackupException e) when (BlockSource.IsLoss(e))
            {
                concerned.Add(e);
            }
            found.AddRange(concerned.ToList());
        }
        return found;
    }

    /// <summary>The pack of a block that is stored once; null when it is stored elsewhere too, or nowhere.</summary>
    private string? OnlyPackOf(BlockId id)
    {
        var places = repository.Repository.Index.Find(id);
        return places.Count == 1 ? repository.Repository.Index.Pack(places[0].Pack).Name : null;
    }
}
