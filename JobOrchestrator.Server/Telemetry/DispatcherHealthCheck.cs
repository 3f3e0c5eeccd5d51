using JobOrchestrator.Server.Scheduling;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace JobOrchestrator.Server.Telemetry;

/// <summary>Whether the dispatcher still looks at the queue. It is the one loop without which no job goes on.</summary>
internal sealed class DispatcherHealthCheck(Dispatcher dispatcher) : IHealthCheck
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(dispatcher.SinceLastLook > Limit
            ? HealthCheckResult.Unhealthy($"The dispatcher has not looked at the queue for {dispatcher.SinceLastLook.Value.TotalSeconds:0} s")
            : HealthCheckResult.Healthy());
}
