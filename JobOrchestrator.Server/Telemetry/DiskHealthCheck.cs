using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace JobOrchestrator.Server.Telemetry;

/// <summary>Whether there is room for more jobs. A full disk leaves the server degraded: what it has goes on, and uploads are told.</summary>
internal sealed class DiskHealthCheck(ServerOptions options) : IHealthCheck
{
    /// <summary>Less than this, or than what one upload may bring, is not enough.</summary>
    private const long LeastBytes = 1L << 30;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var disk = new DriveInfo(options.DataPath);
        var data = new Dictionary<string, object> { ["free"] = disk.AvailableFreeSpace, ["total"] = disk.TotalSize };
        return Task.FromResult(disk.AvailableFreeSpace < Math.Max(LeastBytes, options.MaxUploadBytes)
            ? HealthCheckResult.Degraded($"Only {disk.AvailableFreeSpace >> 20} MiB are free where inputs and results are kept", null, data)
            : HealthCheckResult.Healthy(data: data));
    }
}
