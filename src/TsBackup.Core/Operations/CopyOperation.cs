using TsBackup.Codec;
using TsBackup.Errors;
using TsBackup.Model;
using TsBackup.Repository;
using BlockWriter = TsBackup.Repository.BlockWriter;

namespace TsBackup.Operations;

/// <summary>
/// Copies versions to a second repository, whose keys may be others. Slices that the destination has from an earlier copy are not read;
/// every block that is read is decoded before it is stored, so that damage does not spread. Stopped at any point, the next run goes on.
/// </summary>
public sealed class CopyOperation
{
    private readonly RepositoryConnection _from;
    private readonly RepositoryConnection _to;
    private readonly ProgressMeter _meter;
    private readonly BlockWriter _writer;
    private readonly Dictionary<(Slice, SliceDigest), SliceEntry> _known = [];
    private long _copied;
    private long _reused;
    private long _bytes;

    private CopyOperation(RepositoryConnection from, RepositoryConnection to, BlockWriter writer, ProgressMeter meter)
    {
        _from = from;
        _to = to;
        _writer = writer;
        _meter = meter;
    }

    /// <summary>Copies one version.</summary>
    /// <exception cref="TsBackupException">The version is damaged in the source, or the destination cannot be written.</exception>
    public static async Task<BackupCopy> RunAsync(
        RepositoryConnection from,
        RepositoryConnection to,
        VersionHeader header,
        IOperationObserver observer,
        CancellationToken cancellation)
    {
        var origin = VersionOrigin.Of(header, from.Repository);
        var headers = new List<VersionHeader>();
        await foreach (var existing in to.Repository.ListVersionsAsync(cancellation).ConfigureAwait(false))
            headers.Add(existing);
        if (headers.Find(h => VersionTwin.Are(header, from, h, to)) is { } there)
            return Result(from, to, header, there, alreadyThere: true, 0, 0, 0);

        await using var writer = await to.Repository.BeginWriteAsync(cancellation).ConfigureAwait(false);
        var meter = new ProgressMeter($"Copying {header.Id} to {to.Location}", observer, TimeProvider.System);
        meter.SetTotal(header.Rows);
        var operation = new CopyOperation(from, to, writer, meter);
        await operation.LearnAsync(headers.Where(h => h.Store == header.Store), cancellation).ConfigureAwait(false);
        var copy = await operation.CopyAsync(header, origin, cancellation).ConfigureAwait(false);
        meter.Finish();
        return Result(from, to, header, copy, alreadyThere: false, operation._copied, operation._reused, operation._bytes);
    }

    private static BackupCopy Result(
        RepositoryConnection from,
        RepositoryConnection to,
        VersionHeader header,
        VersionHeader copy,
        bool alreadyThere,
        long copied,
        long reused,
        long bytes) => new()
    {
        VersionId = header.Id,
        Repository = from.Location,
        Destination = to.Location,
        CopyId = copy.Id,
        AlreadyThere = alreadyThere,
        BlocksCopied = copied,
        BlocksReused = reused,
        StoredBytes = bytes,
    };

    /// <summary>Learns which slices the destination holds whole.</summary>
    private async Task LearnAsync(IEnumerable<VersionHeader> headers, CancellationToken cancellation)
    {
        foreach (var header in headers)
        {
            try
            {
                var content = await VersionReader.ReadAsync(_to, header, cancellation).ConfigureAwait(false);
                foreach (var slice in content.Slices.Where(s => s.IsComplete && s.Blocks.All(b => _to.Repository.ContainsBlock(b.Id))))
                    _known[(slice.Slice, slice.Summary.Digest)] = slice;
            }
            catch (TsBackupException e) when (BlockSource.IsLoss(e))
            {
                // What is damaged in the destination is simply copied again.
                continue;
            }
        }
    }

    private async Task<VersionHeader> CopyAsync(VersionHeader header, string origin, CancellationToken cancellation)
    {
        var content = await VersionReader.ReadAsync(_from, header, cancellation).ConfigureAwait(false);
        var groups = new List<GroupEntry>();
        foreach (var group in content.Groups)
        {
            var slices = new List<SliceEntry>();
            foreach (var slice in group.Slices)
                slices.Add(await CopySliceAsync(slice, cancellation).ConfigureAwait(false));
            groups.Add(group with { Slices = slices });
        }
        var copied = content with { Groups = groups };
        var (root, pieces) = await VersionContentFormat.WriteAsync(copied, PutAsync, cancellation).ConfigureAwait(false);
        var ids = new List<BlockId>(pieces);
        ids.AddRange(copied.Slices.SelectMany(s => s.Blocks).Select(b => b.Id));
        var properties = new Dictionary<string, string>(header.Properties, StringComparer.Ordinal) { [VersionOrigin.Property] = origin };
        var draft = new VersionDraft
        {
            Header = header with { Properties = properties, NewBytes = _bytes, NewBlocks = _copied },
            Content = root,
            References = ids,
        };
        return await _writer.CommitAsync(draft, cancellation).ConfigureAwait(false);
    }

    private async Task<SliceEntry> CopySliceAsync(SliceEntry slice, CancellationToken cancellation)
    {
        if (!slice.IsComplete)
            return slice;
        _meter.Add(slice.Summary.Rows, slice.Blocks.Sum(b => (long)b.Bytes), slice.Summary.Rows);
        if (_known.TryGetValue((slice.Slice, slice.Summary.Digest), out var known))
        {
            _reused += known.Blocks.Count;
            return known;
        }
        using var digester = new SliceDigester();
        var blocks = new List<BlockEntry>();
        foreach (var block in slice.Blocks)
        {
            using var bytes = await _from.Repository.ReadBlockAsync(block.Id, cancellation).ConfigureAwait(false);
            using (var batch = BlockCodec.Decode(bytes.Memory.Span))
                digester.Append(batch);
            blocks.Add(block with { Id = await PutAsync(bytes.Memory, cancellation).ConfigureAwait(false) });
        }
        if (digester.Finish() != slice.Summary)
        {
            throw new TsBackupException(
                ErrorId.DigestMismatch, $"The rows of {slice.Slice} do not give the digest that was recorded.", slice.Slice.ToString());
        }
        return slice with { Blocks = blocks };
    }

    private async ValueTask<BlockId> PutAsync(ReadOnlyMemory<byte> block, CancellationToken cancellation)
    {
        var stored = await _writer.PutAsync(block, cancellation).ConfigureAwait(false);
        if (stored.IsNew)
        {
            _copied++;
            _bytes += stored.StoredBytes;
        }
        else
        {
            _reused++;
        }
        return stored.Id;
    }
}
