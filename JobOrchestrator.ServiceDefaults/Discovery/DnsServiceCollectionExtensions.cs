using System.Net;
using JobOrchestrator.ServiceDefaults.Discovery;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ServiceDiscovery;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers service discovery by DNS.</summary>
public static class DnsServiceCollectionExtensions
{
    /// <summary>Resolves service names to all addresses DNS has for them; see <see cref="DnsServiceEndpointProvider"/>.</summary>
    public static IServiceCollection AddDnsServiceEndpointProvider(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services.AddSingleton<IServiceEndpointProviderFactory>(provider => new DnsServiceEndpointProviderFactory(
            Dns.GetHostAddressesAsync, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()));
    }
}
