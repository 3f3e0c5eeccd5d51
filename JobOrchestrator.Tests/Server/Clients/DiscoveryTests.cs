using System.Net;
using System.Net.Sockets;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Scheduling;
using JobOrchestrator.Server.Telemetry;
using JobOrchestrator.ServiceDefaults.Discovery;
using JobOrchestrator.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.ServiceDiscovery;
using Microsoft.Extensions.Time.Testing;

namespace JobOrchestrator.Tests.Server.Clients;

/// <summary>One name for many client nodes: found by configuration or DNS, and found again as replicas come and go.</summary>
public sealed class DiscoveryTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly Dictionary<string, string?> _settings = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, IPAddress[]> _dns = new(StringComparer.OrdinalIgnoreCase);
    private IConfigurationRoot? _configuration;
    private ServiceProvider? _provider;
    private ClientRegistry? _registry;
    private int _changes;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        if (_provider is not null)
        {
            await _provider.DisposeAsync();
        }
    }

    [Fact]
    public async Task Replicas_behind_a_dns_name_come_and_go()
    {
        Dns("client", "10.0.0.1", "10.0.0.2");
        await StartAsync("http://client:9000");
        Assert.Equal(["http://10.0.0.1:9000", "http://10.0.0.2:9000"], Nodes());

        Dns("client", "10.0.0.2", "10.0.0.3", "10.0.0.4");
        await UntilAsync("http://10.0.0.2:9000", "http://10.0.0.3:9000", "http://10.0.0.4:9000");
        Assert.All(_registry!.All, node => Assert.Equal(["example"], node.Services));
        Assert.True(_changes >= 2); // the dispatcher was told each time

        Dns("client", "10.0.0.4");
        await UntilAsync("http://10.0.0.4:9000");
    }

    [Fact]
    public async Task A_replica_that_vanished_with_work_of_ours_on_it_stays_known_and_gets_no_more()
    {
        Dns("client", "10.0.0.1", "10.0.0.2");
        await StartAsync("http://client:9000");
        var node = _registry!.Find("http://10.0.0.1:9000")!;
        node.Track(new ExecutionRef(7, 1, "upload"));
        Dns("client", "10.0.0.2");
        while (node.IsConfigured)
        {
            await RefreshAsync();
        }

        Assert.Same(node, _registry.Find("http://10.0.0.1:9000"));
        Assert.Empty(node.Services);
        Assert.Null(node.Capacity);
        node.Untrack(7, 1);
        await UntilAsync("http://10.0.0.2:9000");
    }

    [Fact]
    public async Task A_replica_that_comes_back_is_the_same_node_as_long_as_work_of_ours_is_on_it_and_a_new_one_after_that()
    {
        Dns("client", "10.0.0.1", "10.0.0.2");
        await StartAsync("http://client:9000");
        var node = _registry!.Find("http://10.0.0.1:9000")!;
        node.Track(new ExecutionRef(7, 1, "upload"));
        Dns("client", "10.0.0.2");
        while (node.IsConfigured)
        {
            await RefreshAsync();
        }

        Dns("client", "10.0.0.1", "10.0.0.2");
        while (!node.IsConfigured)
        {
            await RefreshAsync();
        }

        // What is there is not forgotten, so nothing runs twice; and it gets work again.
        Assert.Same(node, _registry.Find("http://10.0.0.1:9000"));
        Assert.Equal(["example"], node.Services);
        Assert.Equal([new ExecutionRef(7, 1, "upload")], node.Tracked);
        Assert.NotEqual(NodeHealth.Gone, node.Health);

        node.Untrack(7, 1);
        Dns("client", "10.0.0.2");
        await UntilAsync("http://10.0.0.2:9000");
        Assert.Equal(NodeHealth.Gone, node.Health);
        Dns("client", "10.0.0.1", "10.0.0.2");
        await UntilAsync("http://10.0.0.1:9000", "http://10.0.0.2:9000");
        var returned = _registry.Find("http://10.0.0.1:9000")!;
        Assert.NotSame(node, returned); // an answer that was on its way to the old one revives nothing
        Assert.Equal((NodeHealth.Unknown, true), (returned.Health, returned.IsConfigured));
        Assert.Equal(["example"], returned.Services);
    }

    [Fact]
    public async Task When_dns_does_not_answer_the_known_replicas_stay()
    {
        Dns("client", "10.0.0.1");
        await StartAsync("http://client:9000");
        _dns.Remove("client"); // from now on: no such host
        for (var i = 0; i < 5; i++)
        {
            await RefreshAsync();
            Assert.Equal(["http://10.0.0.1:9000"], Nodes());
        }

        Dns("client", "10.0.0.9");
        await UntilAsync("http://10.0.0.9:9000");
    }

    [Theory]
    [InlineData("http://client", "10.0.0.1 fd00::1", "http://10.0.0.1")] // a host with one address of each kind is one node
    [InlineData("http://client", "fd00::1", "http://[fd00::1]")]
    [InlineData("https://client", "10.0.0.1", "https://10.0.0.1")]
    [InlineData("http+https://client:9000", "10.0.0.1", "http://10.0.0.1:9000")]
    [InlineData("http://10.1.1.1:9000", "", "http://10.1.1.1:9000")] // an address needs no DNS
    [InlineData("http://localhost:9000", "", "http://localhost:9000")]
    public async Task An_address_becomes_the_base_address_of_a_node(string configured, string addresses, string node)
    {
        Dns("client", addresses.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        await StartAsync(configured);
        Assert.Equal([node], Nodes());
    }

    [Fact]
    public async Task A_request_by_name_goes_to_the_port_it_names()
    {
        using var directory = new TemporaryDirectory();
        await using var client = await TestClient.StartAsync(directory.Path);
        Dns("client", "127.0.0.1");
        await StartAsync("http://client");
        using var http = _provider!.GetRequiredService<IHttpClientFactory>().CreateClient("by name");
        Assert.Equal("""{"message":"pong"}""", await http.GetStringAsync($"http://client:{client.Address.Port}/", Cancellation));
    }

    [Fact]
    public async Task Replicas_in_the_configuration_come_and_go_and_go_before_dns()
    {
        Dns("client", "10.0.0.1");
        _settings["services:client:http:0"] = "http://127.0.0.1:9001";
        _settings["services:client:http:1"] = "http://127.0.0.1:9002";
        await StartAsync("http://client");
        Assert.Equal(["http://127.0.0.1:9001", "http://127.0.0.1:9002"], Nodes());

        _settings["services:client:http:1"] = "http://127.0.0.1:9003";
        _settings["services:client:http:2"] = "http://127.0.0.1:9004";
        Reload();
        await UntilAsync("http://127.0.0.1:9001", "http://127.0.0.1:9003", "http://127.0.0.1:9004");

        _settings.Remove("services:client:http:1");
        _settings.Remove("services:client:http:2");
        Reload();
        await UntilAsync("http://127.0.0.1:9001");
    }

    [Fact]
    public async Task One_node_may_serve_several_services_and_several_names_may_lead_to_it()
    {
        Dns("one", "10.0.0.1");
        Dns("two", "10.0.0.1", "10.0.0.2");
        await StartAsync("http://one:9000", "http://two:9000");
        Assert.Equal(["http://10.0.0.1:9000", "http://10.0.0.2:9000"], Nodes());
        Assert.Equal(["example", "other"], _registry!.Find("http://10.0.0.1:9000")!.Services.Order(StringComparer.Ordinal));
        Assert.Equal(["other"], _registry.Find("http://10.0.0.2:9000")!.Services);
    }

    [Fact]
    public async Task Resolving_again_and_again_keeps_nothing_of_the_times_before()
    {
        _settings["services:client:http:0"] = "http://127.0.0.1:9001";
        await StartAsync("http://client");
        for (var i = 0; i < 100; i++)
        {
            await _registry!.RunOnceAsync(Cancellation);
        }

        Assert.Equal(1, _registry!.Watched);
    }

    private void Dns(string name, params string[] addresses) => _dns[name] = [.. addresses.Select(IPAddress.Parse)];

    private void Reload() => ((SettingsProvider)_configuration!.Providers.Single()).Replace(_settings);

    private async Task StartAsync(params string[] clients)
    {
        string[] services = ["EXAMPLE", "OTHER"];
        for (var i = 0; i < clients.Length; i++)
        {
            _settings[$"SERVICE_{services[i]}_CLIENTS"] = clients[i];
        }

        _configuration = new ConfigurationRoot([new SettingsProvider()]);
        Reload();
        var errors = new List<string>();
        var catalog = ServiceCatalog.Load(_configuration, errors);
        Assert.Empty(errors);
        _provider = new ServiceCollection()
            .AddSingleton<IConfiguration>(_configuration).AddSingleton<TimeProvider>(_clock).AddLogging()
            .AddMetrics().AddSingleton<ServerMetrics>()
            .AddServiceDiscoveryCore()
            .AddConfigurationServiceEndpointProvider()
            .AddSingleton<IServiceEndpointProviderFactory>(services => new DnsServiceEndpointProviderFactory(
                ResolveAsync, _clock, services.GetRequiredService<ILoggerFactory>()))
            .AddPassThroughServiceEndpointProvider()
            .AddHttpClient("by name").AddServiceDiscovery().Services
            .BuildServiceProvider();
        _registry = new ClientRegistry(
            catalog, _provider.GetRequiredService<ServiceEndpointResolver>(), new ClientHttp(new HttpClient(), _clock),
            _provider.GetRequiredService<ServerMetrics>(), _clock, NullLogger<ClientRegistry>.Instance);
        _registry.Changed += () => _changes++;
        await _registry.RunOnceAsync(Cancellation);
    }

    private Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation) => _dns.TryGetValue(host, out var addresses)
        ? Task.FromResult(addresses)
        : Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound));

    private IEnumerable<string> Nodes() => _registry!.All.Select(n => n.Address).Order(StringComparer.Ordinal);

    /// <summary>Time goes by, and the registry looks again. What the library hears of a change it works on by itself, hence the loops around this.</summary>
    private async Task RefreshAsync()
    {
        _clock.Advance(DnsServiceEndpointProvider.RefreshPeriod);
        await _registry!.RunOnceAsync(Cancellation);
        await Task.Yield();
    }

    private async Task UntilAsync(params string[] nodes)
    {
        while (!Nodes().SequenceEqual(nodes))
        {
            await RefreshAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancellation);
        }
    }

    /// <summary>Settings that can be replaced, as a file's are when it is edited.</summary>
    private sealed class SettingsProvider : ConfigurationProvider
    {
        public void Replace(Dictionary<string, string?> settings)
        {
            Data = new Dictionary<string, string?>(settings, StringComparer.OrdinalIgnoreCase);
            OnReload();
        }
    }
}
