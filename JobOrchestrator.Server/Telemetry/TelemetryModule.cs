namespace JobOrchestrator.Server.Telemetry;

/// <summary>Registers the server's metrics.</summary>
internal static class TelemetryModule
{
    public static void AddServerTelemetry(this IServiceCollection services) => services
        .AddSingleton<ServerMetrics>()
        .AddSingleton<FairnessSampler>()
        .AddHostedService(provider => provider.GetRequiredService<FairnessSampler>())
        .AddHostedService<ServerGauges>();
}
