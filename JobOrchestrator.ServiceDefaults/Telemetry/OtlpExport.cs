using Microsoft.Extensions.Configuration;
using OpenTelemetry.Exporter;

namespace JobOrchestrator.ServiceDefaults.Telemetry;

/// <summary>
/// Where each signal goes by OTLP, from the standard variables: <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> for all, and
/// <c>OTEL_EXPORTER_OTLP_METRICS_ENDPOINT</c> and its like for one alone, so that metrics can go to Prometheus and the rest elsewhere, or nowhere.
/// </summary>
internal sealed class OtlpExport(IConfiguration configuration)
{
    private const string Prefix = "OTEL_EXPORTER_OTLP_";

    /// <summary>Whether a signal, <c>TRACES</c>, <c>METRICS</c> or <c>LOGS</c>, goes anywhere.</summary>
    public bool Has(string signal) => Setting(signal, "ENDPOINT") is not null || General("ENDPOINT") is not null;

    /// <summary>Completes what the exporter has read of the general variables itself.</summary>
    public void Configure(string signal, OtlpExporterOptions options)
    {
        // Not from the factory: retries and circuit breakers of the application are not for telemetry, and would talk about it.
        options.HttpClientFactory = static () => new HttpClient();
        if ((Setting(signal, "PROTOCOL") ?? General("PROTOCOL")) is { } protocol)
        {
            options.Protocol = protocol == "grpc" ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        }

        if (Setting(signal, "ENDPOINT") is { } endpoint)
        {
            options.Endpoint = new Uri(endpoint);
        }

        if (Setting(signal, "HEADERS") is { } headers)
        {
            options.Headers = headers;
        }
    }

    private string? Setting(string signal, string name) => General($"{signal}_{name}");

    private string? General(string name) => configuration[Prefix + name] is { Length: > 0 } value ? value : null;
}
