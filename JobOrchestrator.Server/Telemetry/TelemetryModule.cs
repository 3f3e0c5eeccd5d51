namespace JobOrchestrator.Server.Telemetry;

/// <summary>Registers the server's metrics and what its health is made of, beside the database.</summary>
internal static class TelemetryModule
{
    public static void AddServerTelemetry(this IServiceCollection services) => services
        .AddSingleton<ServerMetrics>()
        .AddSingleton<FairnessSampler>()
        .AddHostedService(provider => provider.GetRequiredService<FairnessSampler>())
        .AddHostedService<ServerGauges>()
        .AddHealthChecks()
        .AddCheck<ClientsHealthCheck>("clients")
        .AddCheck<DispatcherHealthCheck>("dispatcher")
        .AddCheck<DiskHealthCheck>("disk");
}
