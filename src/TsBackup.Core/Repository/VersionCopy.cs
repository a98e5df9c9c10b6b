using TsBackup.Errors;

namespace TsBackup.Repository;

/// <summary>
/// Copies versions to another repository, which may have other keys. Blocks that earlier copies brought there are not read again, blocks
/// that are there are not stored again; after an interruption the next copy goes on where this one stopped.
/// </summary>
public sealed class VersionCopy
{
    private readonly BlockRepository _source;
    private readonly BlockRepository _target;
    private readonly ContentTranslation _translate;
    private Dictionary<BlockId, BlockId>? _known;

    /// <summary>Prepares copies from one repository to another.</summary>
    public VersionCopy(BlockRepository source, BlockRepository target, ContentTranslation translate)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        if (source.Info.Id == target.Info.Id)
            throw new TsBackupException(
                ErrorId.ArgumentInvalid, "A version cannot be copied into its own repository.", target.Info.Location);
        _source = source;
        _target = target;
        _translate = translate;
    }

    /// <summary>Copies a version, or finds the copy that is there.</summary>
    /// <param name="version">A version of the source.</param>
    /// <param name="onBlock">Told the bytes of each block that was read; may be null.</param>
    /// <param name="ct">Stops the copy.</param>
    /// <returns>The header in the target, and whether it was copied now.</returns>
    public async Task<(VersionHeader Copy, bool IsNew)> CopyAsync(VersionHeader version, Action<long>? onBlock, CancellationToken ct)
    {
        if (await FindTwinAsync(_source, version, _target, ct).ConfigureAwait(false) is { } there)
            return (there, false);
        var known = _known ??= await KnownAsync(ct).ConfigureAwait(false);
        var writer = await _target.BeginWriteAsync(ct).ConfigureAwait(false);
        await using var ending = writer.ConfigureAwait(false);
        var references = await _source.ReadReferencesAsync(version, ct).ConfigureAwait(false);
        foreach (var id in references)
        {
            if (known.TryGetValue(id, out var copied) && _target.ContainsBlock(copied))
                continue;
            using var block = await _source.ReadBlockAsync(id, ct).ConfigureAwait(false);
            known[id] = (await writer.PutAsync(block.Memory, ct).ConfigureAwait(false)).Id;
            onBlock?.Invoke(block.Length);
        }
        var content = await _source.ReadContentAsync(version, ct).ConfigureAwait(false);
        var properties = new Dictionary<string, string>(version.Properties, StringComparer.Ordinal);
        properties.TryAdd(VersionOrigin.Property, VersionOrigin.Of(version, _source));
        var draft = new VersionDraft
        {
            Header = version with { Properties = properties },
            Content = _translate(content, known),
            References = [.. references.Select(id => known[id])],
        };
        return (await writer.CommitAsync(draft, ct).ConfigureAwait(false), true);
    }

    /// <summary>
    /// Finds the version of another repository that is the same backup: a copy of it, its origin, or a copy of its origin.
    /// </summary>
    public static async Task<VersionHeader?> FindTwinAsync(
        BlockRepository from, VersionHeader version, BlockRepository other, CancellationToken ct)
    {
        var origin = VersionOrigin.Of(version, from);
        await foreach (var candidate in other.ListVersionsAsync(ct).ConfigureAwait(false))
        {
            if (VersionOrigin.Of(candidate, other) == origin)
                return candidate;
        }
        return null;
    }

    private async Task<Dictionary<BlockId, BlockId>> KnownAsync(CancellationToken ct)
    {
        Dictionary<BlockId, BlockId> known = [];
        Dictionary<string, VersionHeader> copies = new(StringComparer.Ordinal);
        await foreach (var copy in _target.ListVersionsAsync(ct).ConfigureAwait(false))
            copies[VersionOrigin.Of(copy, _target)] = copy;
        await foreach (var version in _source.ListVersionsAsync(ct).ConfigureAwait(false))
        {
            if (!copies.TryGetValue(VersionOrigin.Of(version, _source), out var copy))
                continue;
            var here = await _source.ReadReferencesAsync(version, ct).ConfigureAwait(false);
            var there = await _target.ReadReferencesAsync(copy, ct).ConfigureAwait(false);
            for (var i = 0; i < here.Count && here.Count == there.Count; i++)
                known[here[i]] = there[i];
        }
        return known;
    }
}
