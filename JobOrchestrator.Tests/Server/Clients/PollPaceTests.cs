using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Scheduling;
using JobOrchestrator.Server.Telemetry;
using JobOrchestrator.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace JobOrchestrator.Tests.Server.Clients;

/// <summary>How often client nodes are asked about themselves, and that what is urgent does not wait for it.</summary>
public sealed class PollPaceTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1, 0.5)]
    [InlineData(100, 0.5)]
    [InlineData(101, 0.505)]
    [InlineData(1_000, 5)]
    [InlineData(100_000, 10)]
    public void Many_nodes_are_asked_less_often_each(int nodes, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), PollPace.For(nodes));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_node_whose_stream_breaks_or_that_fails_to_take_a_job_is_asked_though_no_poll_is_due(bool stream)
    {
        await using var client = await StubbornClientDouble.StartAsync();
        var clock = new FakeTimeProvider();
        await using var services = Services(clock);
        var registry = services.GetRequiredService<ClientRegistry>();
        var http = services.GetRequiredService<ClientHttp>();
        var node = new ClientNode(client.Address, new NativeClientProtocol(http, client.Address), null!);
        var watcher = new NodeWatcher(
            node, registry, http, new NodeReports(), services.GetRequiredService<ServerMetrics>(), clock, NullLogger<NodeWatcher>.Instance);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var watching = watcher.RunAsync(end.Token);
        await Until.HoldsAsync(() => node.Health == NodeHealth.Healthy);
        clock.Advance(PollPace.Shortest * 2); // for the stream, which is opened once the node is known
        await Until.HoldsAsync(() => client.Streams == 1);

        // From here on no time goes by: no poll comes due.
        client.Draining = true;
        if (stream)
        {
            await client.CutStreamsAsync();
        }
        else
        {
            node.Look.Set(); // what the dispatcher does
        }

        await Until.HoldsAsync(() => node.Health == NodeHealth.Draining);

        await end.CancelAsync();
        await watching;
    }

    private static ServiceProvider Services(TimeProvider clock)
    {
        var configuration = new ConfigurationBuilder().Build();
        return new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration).AddSingleton(clock).AddLogging()
            .AddMetrics().AddSingleton<ServerMetrics>()
            .AddSingleton(new ClientHttp(new HttpClient(), clock))
            .AddSingleton(ServiceCatalog.Load(configuration, []))
            .AddServiceDiscoveryCore()
            .AddPassThroughServiceEndpointProvider()
            .AddSingleton<ClientRegistry>()
            .BuildServiceProvider();
    }
}
