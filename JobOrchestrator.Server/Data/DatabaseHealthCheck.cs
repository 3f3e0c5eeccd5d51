using JobOrchestrator.Server.Jobs;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace JobOrchestrator.Server.Data;

/// <summary>Whether the database answers.</summary>
internal sealed class DatabaseHealthCheck(JobStore store) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        await store.PingAsync(cancellationToken);
        return HealthCheckResult.Healthy();
    }
}
