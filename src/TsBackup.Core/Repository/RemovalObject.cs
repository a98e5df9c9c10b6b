namespace TsBackup.Repository;

/// <summary>Says that a version is removed; deleting this object takes it back (FORMAT.md section 13).</summary>
internal static class RemovalObject
{
    public static string NewName(string version) => $"{ObjectNames.Removals}{version}.{ObjectNames.NewId()[..8]}";

    public static byte[] Encode(DateTimeOffset time) => new FieldWriter().Time(1, time).ToArray();

    /// <exception cref="Errors.TsBackupException">RecordDamaged.</exception>
    public static DateTimeOffset ReadTime(ObjectFrame frame)
    {
        try
        {
            var reader = new FieldReader(frame.Public);
            while (reader.Next())
            {
                if (reader.Tag == 1)
                    return reader.Time;
            }
            throw new FormatException("it has no time");
        }
        catch (FormatException failure)
        {
            throw RepositoryErrors.Damaged(frame.Kind, frame.Name, failure.Message, failure);
        }
    }
}
