using TsBackup.Storage;
using TsBackup.Tests.Contracts;

namespace TsBackup.Tests.Storage;

public sealed class MemoryStorageTests : StorageContract
{
    protected override IStorage Storage { get; } = new MemoryStorage();
}
