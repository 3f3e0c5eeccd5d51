using JobOrchestrator.Client;
using JobOrchestrator.Client.Executions;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Client.Executions;

/// <summary>Several clients on one <c>DATA_PATH</c>.</summary>
public sealed class SharedDataDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Each_has_its_own_and_a_successor_takes_what_became_free()
    {
        using var first = SharedDataDirectory.Claim(_root.Path);
        var second = SharedDataDirectory.Claim(_root.Path);
        using var third = SharedDataDirectory.Claim(_root.Path);
        Assert.Equal(["1", "2", "3"], new[] { first, second, third }.Select(d => Path.GetFileName(d.Path)));
        second.Dispose();
        using var successor = SharedDataDirectory.Claim(_root.Path);
        Assert.Equal(second.Path, successor.Path);
    }

    [Fact]
    public async Task Two_clients_on_one_path_do_not_meet_and_stopping_gives_the_directory_back()
    {
        await using (await TestClient.StartAsync(_root.Path, "DATA_SHARED=on"))
        {
            await using var second = await TestClient.StartAsync(_root.Path, "DATA_SHARED=on");
            Assert.True(Directory.Exists(Path.Combine(_root.Path, "1", "executions")));
            Assert.True(Directory.Exists(Path.Combine(_root.Path, "2", "executions")));
        }

        await using var again = await TestClient.StartAsync(_root.Path, "DATA_SHARED=on");
        Assert.False(Directory.Exists(Path.Combine(_root.Path, "3")));
    }

    [Fact]
    public void A_setting_that_is_neither_on_nor_off_is_named()
    {
        var e = Assert.Throws<ConfigurationException>(() => ClientApp.Create(["--DATA_SHARED=maybe"]));
        Assert.Contains("DATA_SHARED is 'maybe', but must be on or off.", e.Message, StringComparison.Ordinal);
    }
}
