namespace JobOrchestrator.Client.Telemetry;

/// <summary>Registers the client's metrics.</summary>
internal static class TelemetryModule
{
    public static void AddClientTelemetry(this IServiceCollection services) => services
        .AddSingleton<ClientMetrics>()
        .AddHostedService<ClientGauges>();
}
