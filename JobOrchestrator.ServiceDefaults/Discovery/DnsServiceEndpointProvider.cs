using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.ServiceDiscovery;

namespace JobOrchestrator.ServiceDefaults.Discovery;

/// <summary>
/// All addresses a DNS name has, so that one name may stand for many replicas. IPv4 addresses if there are any, else IPv6: a host with one of
/// each is one endpoint, not two. Asked again every <see cref="RefreshPeriod"/> (the system resolver tells no time to live); when DNS does not
/// answer, the last known addresses stay.
/// </summary>
internal sealed partial class DnsServiceEndpointProvider(
    string host, int port, Func<string, CancellationToken, Task<IPAddress[]>> resolve, TimeProvider clock, ILogger logger)
    : IServiceEndpointProvider
{
    public static readonly TimeSpan RefreshPeriod = TimeSpan.FromSeconds(10);

    private IPAddress[] _lastKnown = [];

    public async ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
    {
        if (endpoints.Endpoints.Count > 0)
        {
            // Configuration knew the name; it goes first.
            return;
        }

        try
        {
            var found = await resolve(host, cancellationToken);
            var v4 = found.Where(a => a.AddressFamily == AddressFamily.InterNetwork).ToArray();
            _lastKnown = v4.Length > 0 ? v4 : found;
        }
        catch (SocketException e)
        {
            Log.NotResolved(logger, host, e.Message, _lastKnown.Length);
        }

        foreach (var address in _lastKnown)
        {
            endpoints.Endpoints.Add(ServiceEndpoint.Create(new IPEndPoint(address, port)));
        }

        var refresh = new CancellationTokenSource(RefreshPeriod, clock);
        endpoints.AddChangeToken(new CancellationChangeToken(refresh.Token));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "DNS does not resolve {Host}: {Reason}; {Count} known addresses stay")]
        public static partial void NotResolved(ILogger logger, string host, string reason, int count);
    }
}
