using JobOrchestrator.Server.Clients;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace JobOrchestrator.Server.Telemetry;

/// <summary>Whether jobs can run anywhere. Without, the server is degraded and not unhealthy: it still takes in jobs, and they wait.</summary>
internal sealed class ClientsHealthCheck(ClientRegistry registry) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var nodes = registry.All.ToArray();
        var data = nodes.CountBy(n => n.Health).ToDictionary(c => c.Key.ToTag(), c => (object)c.Value);
        var healthy = nodes.Count(n => n.Health == NodeHealth.Healthy);
        var words = $"{healthy} of {nodes.Length} client nodes take jobs";
        return Task.FromResult(healthy > 0 ? HealthCheckResult.Healthy(words, data) : HealthCheckResult.Degraded(words, null, data));
    }
}
