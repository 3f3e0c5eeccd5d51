using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ServiceDiscovery;

namespace JobOrchestrator.ServiceDefaults.Discovery;

/// <summary>Offers a <see cref="DnsServiceEndpointProvider"/> for every name that DNS may know: not for IP addresses, nor for this host.</summary>
internal sealed class DnsServiceEndpointProviderFactory(
    Func<string, CancellationToken, Task<IPAddress[]>> resolve, TimeProvider clock, ILoggerFactory loggers) : IServiceEndpointProviderFactory
{
    /// <summary>No port: DNS knows none and the query leaves out the caller's, who has to put it in again.</summary>
    private const int PortOfTheCaller = 0;

    public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
    {
        provider = null;
        var (host, port) = Split(query.ServiceName);
        if (host.Length == 0 || host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host, out _))
        {
            return false;
        }

        provider = new DnsServiceEndpointProvider(host, port ?? PortOfTheCaller, resolve, clock,
            loggers.CreateLogger<DnsServiceEndpointProvider>());
        return true;
    }

    private static (string Host, int? Port) Split(string name)
    {
        var colon = name.LastIndexOf(':');
        return colon > 0 && int.TryParse(name.AsSpan(colon + 1), out var port) ? (name[..colon], port) : (name, null);
    }
}
