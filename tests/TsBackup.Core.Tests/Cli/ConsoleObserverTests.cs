using TsBackup.Cli.Terminal;
using Xunit;

namespace TsBackup.Tests.Cli;

public sealed class ConsoleObserverTests
{
    [Theory]
    [InlineData("short", 10, "short")]
    [InlineData("0123456789", 10, "0123456789")]
    [InlineData("0123456789a", 10, "012345678…")]
    [InlineData("0123456789", 2, "0…")]
    [InlineData("01234567\U0001F600x", 10, "01234567…")]
    public void ALineOfProgressNeverWraps(string line, int room, string fitted) => Assert.Equal(fitted, ConsoleObserver.Fit(line, room));
}
