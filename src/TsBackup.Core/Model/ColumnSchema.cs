namespace TsBackup.Model;

/// <summary>
/// Identity of a column in a batch. Two columns of one batch may share a name when role or type differ: a tag and a field of one
/// name, a wide-column attribute whose type changes from row to row.
/// </summary>
/// <param name="Name">The store's own name, unescaped.</param>
/// <param name="Role">What the column is for.</param>
/// <param name="Type">Type of its values.</param>
public sealed record ColumnSchema(string Name, ColumnRole Role, ColumnType Type)
{
    /// <summary>Orders by role, then UTF-8 bytes of the name, then type: the canonical order of the digest.</summary>
    public static int CompareCanonical(ColumnSchema a, ColumnSchema b)
    {
        var byRole = a.Role.CompareTo(b.Role);
        if (byRole != 0)
            return byRole;
        var byName = CompareUtf8(a.Name, b.Name);
        return byName != 0 ? byName : a.Type.CompareTo(b.Type);
    }

    private static int CompareUtf8(string a, string b)
    {
        // Ordinal UTF-16 order differs from UTF-8 byte order only where surrogates meet U+E000..U+FFFF; runes settle that.
        var left = a.EnumerateRunes();
        var right = b.EnumerateRunes();
        while (true)
        {
            var hasLeft = left.MoveNext();
            var hasRight = right.MoveNext();
            if (!hasLeft || !hasRight)
                return hasLeft.CompareTo(hasRight);
            var order = left.Current.Value.CompareTo(right.Current.Value);
            if (order != 0)
                return order;
        }
    }
}
