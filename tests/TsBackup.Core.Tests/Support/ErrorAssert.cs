using TsBackup.Errors;
using Xunit;

namespace TsBackup.Tests.Support;

/// <summary>Asserts the id of an error, never its text.</summary>
internal static class ErrorAssert
{
    public static async Task<TsBackupException> ThrowsAsync(ErrorId id, Func<Task> action)
    {
        var error = await Assert.ThrowsAsync<TsBackupException>(action);
        Assert.True(error.Id == id, $"expected {id}, was {error.Id}: {error.Message}");
        return error;
    }

    public static TsBackupException Throws(ErrorId id, Action action)
    {
        var error = Assert.Throws<TsBackupException>(action);
        Assert.True(error.Id == id, $"expected {id}, was {error.Id}: {error.Message}");
        return error;
    }
}
