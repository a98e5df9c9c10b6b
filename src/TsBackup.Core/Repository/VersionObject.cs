namespace TsBackup.Repository;

/// <summary>Version headers as bytes (FORMAT.md section 8).</summary>
internal static class VersionObject
{
    public static byte[] Encode(VersionHeader header)
    {
        var fields = new FieldWriter()
            .Text(1, header.Id).Text(2, header.Store).Text(3, header.Kind).Number(4, (long)header.State)
            .Time(5, header.Started).Time(6, header.Finished).Time(7, header.Cut)
            .Number(9, header.Tables).Number(10, header.Slices).Number(11, header.Rows).Number(12, header.Points)
            .Number(13, header.PlainBytes).Number(14, header.NewBytes).Number(15, header.NewBlocks).Number(16, header.TotalBytes)
            .Number(17, header.First).Number(18, header.Last)
            .Text(20, header.ScopeText).Text(21, header.ToolVersion).Text(22, header.Host).Flag(23, header.IsProtected)
            .Number(25, header.ContentBytes).Number(26, header.References)
            .Bytes(27, Join(header.ContentPieces)).Bytes(28, Join(header.ReferencePieces));
        foreach (var tag in header.Tags)
            fields.Text(8, tag);
        foreach (var reason in header.Reasons.Take(VersionHeader.MaxReasons))
            fields.Text(19, reason);
        foreach (var (name, value) in header.Properties)
            fields.Bytes(24, new FieldWriter().Text(1, name).Text(2, value).Written.Span);
        return fields.ToArray();
    }

    /// <exception cref="FormatException">The bytes are malformed.</exception>
    public static VersionHeader Decode(ReadOnlySpan<byte> bytes)
    {
        List<string> tags = [], reasons = [];
        Dictionary<string, string> properties = new(StringComparer.Ordinal);
        var header = new VersionHeader { State = 0, Tags = tags, Reasons = reasons, Properties = properties };
        var reader = new FieldReader(bytes);
        while (reader.Next())
        {
            if (reader.Tag == 8)
                tags.Add(reader.Text);
            else if (reader.Tag == 19)
                reasons.Add(reader.Text);
            else if (reader.Tag == 24)
                ReadProperty(reader.Value, properties);
            else
                header = Apply(header, reader);
        }
        return header.Id.Length > 0 && Enum.IsDefined(header.State) ? header : throw new FormatException("it lacks its id or state");
    }

    private static VersionHeader Apply(VersionHeader header, FieldReader field) => field.Tag switch
    {
        1 => header with { Id = field.Text },
        2 => header with { Store = field.Text },
        3 => header with { Kind = field.Text },
        4 => header with { State = (VersionState)field.Number },
        5 => header with { Started = field.Time },
        6 => header with { Finished = field.Time },
        7 => header with { Cut = field.Time },
        9 => header with { Tables = (int)field.Number },
        10 => header with { Slices = (int)field.Number },
        11 => header with { Rows = field.Number },
        12 => header with { Points = field.Number },
        13 => header with { PlainBytes = field.Number },
        14 => header with { NewBytes = field.Number },
        15 => header with { NewBlocks = field.Number },
        16 => header with { TotalBytes = field.Number },
        17 => header with { First = field.Number },
        18 => header with { Last = field.Number },
        20 => header with { ScopeText = field.Text },
        21 => header with { ToolVersion = field.Text },
        22 => header with { Host = field.Text },
        23 => header with { IsProtected = field.Flag },
        25 => header with { ContentBytes = field.Number },
        26 => header with { References = field.Number },
        27 => header with { ContentPieces = Split(field.Value) },
        28 => header with { ReferencePieces = Split(field.Value) },
        _ => header,
    };

    private static void ReadProperty(ReadOnlySpan<byte> bytes, Dictionary<string, string> properties)
    {
        var name = "";
        var value = "";
        var reader = new FieldReader(bytes);
        while (reader.Next())
        {
            if (reader.Tag == 1)
                name = reader.Text;
            else if (reader.Tag == 2)
                value = reader.Text;
        }
        properties[name] = value;
    }

    private static byte[] Join(IReadOnlyList<BlockId> ids)
    {
        var bytes = new byte[ids.Count * BlockId.Size];
        for (var i = 0; i < ids.Count; i++)
            ids[i].CopyTo(bytes.AsSpan(i * BlockId.Size));
        return bytes;
    }

    /// <exception cref="FormatException">The bytes are no whole number of ids.</exception>
    internal static BlockId[] Split(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length % BlockId.Size != 0)
            throw new FormatException("a list of block ids is cut");
        var ids = new BlockId[bytes.Length / BlockId.Size];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = new BlockId(bytes.Slice(i * BlockId.Size, BlockId.Size));
        return ids;
    }
}
