using System.Collections.Concurrent;
using System.Net;
using JobOrchestrator.Server.Scheduling;
using JobOrchestrator.Server.Telemetry;
using Microsoft.Extensions.ServiceDiscovery;

namespace JobOrchestrator.Server.Clients;

/// <summary>
/// The client nodes there are: what the services' configuration names, with discovery names resolved to all their replicas, again and again as
/// replicas come and go. A node that vanished stays known while executions of ours may be on it.
/// </summary>
internal sealed partial class ClientRegistry(
    ServiceCatalog catalog, ServiceEndpointResolver resolver, ClientHttp http, ServerMetrics metrics, TimeProvider clock, ILogger<ClientRegistry> logger)
    : BackgroundService
{
    private static readonly TimeSpan RefreshPeriod = TimeSpan.FromSeconds(10);
    private static readonly string[] ClassicPaths = ["/submit", "/retrieve", "/kill"];

    private readonly ConcurrentDictionary<string, ClientNode> _nodes = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<IDisposable> _watches = [];
    private volatile IReadOnlyList<ClientNode> _ordered = [];
    private readonly Signal _wake = new();

    /// <summary>A node appeared, vanished, or changed its health or free slots.</summary>
    public event Action? Changed;

    /// <summary>Names whose changes wake the registry.</summary>
    public int Watched => _watches.Count;

    /// <summary>All of them, by address.</summary>
    public IReadOnlyList<ClientNode> All => _ordered;

    public ClientNode? Find(string? address) => address is not null && _nodes.TryGetValue(address, out var node) ? node : null;

    /// <summary>Capacities of the nodes that may be given work, by address.</summary>
    public IReadOnlyList<NodeCapacity> Capacities() =>
        [.. _ordered.Select(n => n.Capacity).OfType<NodeCapacity>()];

    public void NotifyChanged() => Changed?.Invoke();

    /// <summary>Resolves all configured addresses once. An address that cannot be resolved keeps the nodes it had.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, (ClassicUrls Urls, HashSet<string> Services)>(StringComparer.OrdinalIgnoreCase);
        var complete = true;

        // What is watched for changes is what this pass resolves; a name that never changes would else be watched once more with every pass.
        _watches.ForEach(static watch => watch.Dispose());
        _watches.Clear();
        foreach (var service in catalog.Services.Values)
        {
            if (service.Classic is { } classic)
            {
                Add(BaseOf(classic), classic, service.Name);
            }

            foreach (var address in service.Clients)
            {
                if (await ResolveAsync(address, cancellationToken) is { } resolved)
                {
                    resolved.ForEach(r => Add(r, UrlsBelow(r), service.Name));
                }
                else
                {
                    complete = false;
                }
            }
        }

        Apply(found, complete);

        void Add(string address, ClassicUrls urls, string service)
        {
            if (!found.TryGetValue(address, out var node))
            {
                found[address] = node = (urls, new HashSet<string>(StringComparer.Ordinal));
            }

            node.Services.Add(service);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(stoppingToken);
                await _wake.WaitAsync(RefreshPeriod, clock, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                metrics.LoopFailed("discovery");
                Log.RefreshFailed(logger, e);
                await Task.Delay(RefreshPeriod, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Apply(Dictionary<string, (ClassicUrls Urls, HashSet<string> Services)> found, bool complete)
    {
        var changed = false;
        foreach (var (address, (urls, services)) in found)
        {
            var node = _nodes.GetOrAdd(address, a =>
            {
                changed = true;
                Log.NodeFound(logger, a);
                return new ClientNode(a, new NativeClientProtocol(http, a), new ClassicClientProtocol(http, urls, clock));
            });
            node.Services = services;
            if (!node.IsConfigured)
            {
                node.IsConfigured = true;
                changed = true;
                Log.NodeFound(logger, address);
            }
        }

        foreach (var node in _ordered.Where(n => complete && !found.ContainsKey(n.Address)))
        {
            if (node.IsConfigured)
            {
                // What runs there goes on and is collected, as long as the node answers; it only gets nothing new.
                changed = true;
                Log.NodeGone(logger, node.Address);
                node.IsConfigured = false;
                node.Services = new HashSet<string>();
            }

            if (node.Tracked.Count == 0)
            {
                node.Lost(NodeHealth.Gone);
                _nodes.TryRemove(node.Address, out _);
            }
        }

        if (changed || _nodes.Count != _ordered.Count)
        {
            // Put in order here, where it is rare, and not at every look of the dispatcher's.
            _ordered = [.. _nodes.Values.OrderBy(n => n.Address, StringComparer.Ordinal)];
        }

        if (changed)
        {
            NotifyChanged();
        }
    }

    private async Task<List<string>?> ResolveAsync(Uri address, CancellationToken cancellationToken)
    {
        try
        {
            var source = await resolver.GetEndpointsAsync(address.OriginalString, cancellationToken);
            _watches.Add(source.ChangeToken.RegisterChangeCallback(static state => ((Signal)state!).Set(), _wake));
            var scheme = address.Scheme.StartsWith("https", StringComparison.Ordinal) ? "https" : "http";
            return [.. source.Endpoints.Select(e => ToAddress(e.EndPoint, scheme, address.Port)).Distinct(StringComparer.OrdinalIgnoreCase)];
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.ResolveFailed(logger, address, e.Message);
            return null;
        }
    }

    private static string ToAddress(EndPoint endpoint, string scheme, int defaultPort) => endpoint switch
    {
        IPEndPoint ip => new UriBuilder(scheme, ip.Address.ToString(), ip.Port > 0 ? ip.Port : defaultPort).Uri.GetLeftPart(UriPartial.Authority),
        DnsEndPoint dns => new UriBuilder(scheme, dns.Host, dns.Port > 0 ? dns.Port : defaultPort).Uri.GetLeftPart(UriPartial.Authority),
        _ => new Uri(endpoint.ToString()!).AbsoluteUri.TrimEnd('/'),
    };

    private static ClassicUrls UrlsBelow(string address) =>
        new(new Uri(address + ClassicPaths[0]), new Uri(address + ClassicPaths[1]), new Uri(address + ClassicPaths[2]));

    /// <summary>The base all three URLs share, so that a client of ours configured the classic way is recognised; else the upload URL.</summary>
    private static string BaseOf(ClassicUrls urls)
    {
        var texts = new[] { urls.Upload, urls.Download, urls.Terminate }.Select(u => u.AbsoluteUri.TrimEnd('/')).ToArray();
        var bases = texts.Zip(ClassicPaths).Where(p => p.First.EndsWith(p.Second, StringComparison.Ordinal))
            .Select(p => p.First[..^p.Second.Length]).Distinct(StringComparer.Ordinal).ToArray();
        return bases.Length == 1 ? bases[0] : texts[0];
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Client node {Address} is configured")]
        public static partial void NodeFound(ILogger logger, string address);

        [LoggerMessage(LogLevel.Warning, "Client node {Address} is no longer configured or discovered")]
        public static partial void NodeGone(ILogger logger, string address);

        [LoggerMessage(LogLevel.Warning, "Cannot resolve {Address}: {Reason}; the nodes known so far stay")]
        public static partial void ResolveFailed(ILogger logger, Uri address, string reason);

        [LoggerMessage(LogLevel.Error, "Refreshing the client nodes failed")]
        public static partial void RefreshFailed(ILogger logger, Exception exception);
    }
}
