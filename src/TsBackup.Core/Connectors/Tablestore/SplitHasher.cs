using System.Buffers.Binary;
using System.Security.Cryptography;
using TsBackup.Tablestore.Protocol.PlainBuffer;

namespace TsBackup.Connectors.Tablestore;

/// <summary>Makes the two digests of a <see cref="SplitNote"/> from rows in the order of their keys.</summary>
internal sealed class SplitHasher(long since) : IDisposable
{
    private readonly IncrementalHash _rows = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash _filled = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly PlainBufferWriter _text = new();
    private bool _isFilled;

    /// <summary>Cells seen.</summary>
    public long Cells { get; private set; }

    /// <summary>Cells from the first version on that is looked at.</summary>
    public long RecentCells { get; private set; }

    /// <summary>Rows seen.</summary>
    public long Rows { get; private set; }

    /// <summary>Oldest version seen.</summary>
    public long Oldest { get; private set; } = long.MaxValue;

    /// <summary>Takes a row or a part of one.</summary>
    public void Add(in RowPiece piece)
    {
        var row = piece.Row;
        if (!piece.IsRest)
        {
            Rows++;
            _isFilled = false;
            Start(row);
            _rows.AppendData(_text.Written);
        }
        foreach (var cell in row.Cells)
        {
            Cells++;
            Oldest = Math.Min(Oldest, cell.Version);
            if (cell.Version >= since)
                AddRecent(row, cell);
        }
        if (row.Cells.Count == 0 || _isFilled)
            return;
        _isFilled = true;
        Start(row);
        _filled.AppendData(_text.Written);
    }

    /// <summary>The digest over all keys and recent cells.</summary>
    public string Digest() => Convert.ToHexStringLower(_rows.GetCurrentHash());

    /// <summary>The digest over the keys of rows that have cells.</summary>
    public string Filled() => Convert.ToHexStringLower(_filled.GetCurrentHash());

    /// <inheritdoc/>
    public void Dispose()
    {
        _rows.Dispose();
        _filled.Dispose();
    }

    private void AddRecent(PlainRow row, in PlainCell cell)
    {
        RecentCells++;
        Span<byte> head = stackalloc byte[29];
        BinaryPrimitives.WriteInt32LittleEndian(head, cell.NameLength);
        BinaryPrimitives.WriteInt64LittleEndian(head[4..], cell.Version);
        BinaryPrimitives.WriteInt64LittleEndian(head[12..], cell.Bits);
        BinaryPrimitives.WriteInt64LittleEndian(head[20..], cell.ValueLength);
        head[28] = (byte)cell.Type;
        _rows.AppendData(head);
        _rows.AppendData(row.NameOf(cell));
        _rows.AppendData(row.BytesOf(cell));
    }

    // The encoding of the protocol says where each row starts and ends.
    private void Start(PlainRow row)
    {
        _text.Clear();
        _text.BeginRow();
        foreach (var key in row.Keys)
            _text.Key(row.NameOf(key), key.Type, key.Bits, row.BytesOf(key));
        _text.EndRow();
    }
}
