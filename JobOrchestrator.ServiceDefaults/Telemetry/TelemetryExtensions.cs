using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace JobOrchestrator.ServiceDefaults.Telemetry;

/// <summary>
/// Traces, metrics and logs by OTLP where the standard variables say so, and metrics to be scraped where that is asked for. The SDK reads
/// its other variables itself: <c>OTEL_TRACES_SAMPLER</c>, <c>OTEL_RESOURCE_ATTRIBUTES</c>, <c>OTEL_METRIC_EXPORT_INTERVAL</c>, …
/// </summary>
internal static class TelemetryExtensions
{
    /// <summary>Setting: whether <c>GET /metrics</c> answers in Prometheus' format.</summary>
    public const string ScrapeSetting = "METRICS_SCRAPE";

    private const string OurSources = "JobOrchestrator.*";
    private static readonly string[] Signals = ["TRACES", "METRICS", "LOGS"];

    /// <summary>Paths that are asked for all the time and say nothing in a trace.</summary>
    private static readonly string[] NoisyPaths = ["/health", "/alive", "/status", "/events", "/load", "/metrics"];

    public static bool IsScraped(this IConfiguration configuration) =>
        configuration[ScrapeSetting] is { } text && (text.Equals("true", StringComparison.OrdinalIgnoreCase) || text.Equals("on", StringComparison.OrdinalIgnoreCase));

    /// <summary>Adds what is asked for; without any of the settings nothing is collected at all.</summary>
    /// <param name="builder">Of the host.</param>
    /// <param name="serviceName">What the process is, unless <c>OTEL_SERVICE_NAME</c> says otherwise.</param>
    /// <param name="instance">Which one it is, stable over restarts, so that a restarted process continues its series.</param>
    public static void AddTelemetry(this IHostApplicationBuilder builder, string serviceName, string instance)
    {
        var export = new OtlpExport(builder.Configuration);
        var scraped = builder.Configuration.IsScraped();
        if (!scraped && !Signals.Any(export.Has))
        {
            return;
        }

        builder.Services.AddHostedService<ExportFailureListener>();
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => Describe(resource, builder.Configuration, serviceName, instance));
        if (export.Has("LOGS"))
        {
            telemetry.WithLogging(
                logging => logging.AddOtlpExporter(options => export.Configure("LOGS", options)),
                options =>
                {
                    options.IncludeFormattedMessage = true;
                    options.IncludeScopes = true;
                });
        }

        if (export.Has("TRACES"))
        {
            telemetry.WithTracing(tracing => tracing
                .AddSource(OurSources)
                .AddAspNetCoreInstrumentation(options => options.Filter = context => !IsNoisy(context.Request.Path))
                .AddHttpClientInstrumentation(options => options.FilterHttpRequestMessage =
                    request => !IsNoisy(request.RequestUri?.AbsolutePath))
                .AddOtlpExporter(options => export.Configure("TRACES", options)));
        }

        if (scraped || export.Has("METRICS"))
        {
            telemetry.WithMetrics(metrics =>
            {
                metrics.AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddRuntimeInstrumentation().AddMeter(OurSources);
                if (export.Has("METRICS"))
                {
                    metrics.AddOtlpExporter(options => export.Configure("METRICS", options));
                }

                if (scraped)
                {
                    metrics.AddPrometheusExporter();
                }
            });
        }
    }

    /// <summary>Maps <c>GET /metrics</c> where it was asked for.</summary>
    public static void MapTelemetry(this WebApplication app, Action<IEndpointConventionBuilder>? guard)
    {
        if (app.Configuration.IsScraped())
        {
            var metrics = app.MapPrometheusScrapingEndpoint("/metrics");
            guard?.Invoke(metrics);
        }
    }

    private static void Describe(ResourceBuilder resource, IConfiguration configuration, string serviceName, string instance)
    {
        var given = configuration["OTEL_RESOURCE_ATTRIBUTES"] ?? "";
        resource.AddService(
            configuration["OTEL_SERVICE_NAME"] is { Length: > 0 } name ? name : serviceName,
            serviceVersion: typeof(TelemetryExtensions).Assembly.GetName().Version!.ToString(3),
            autoGenerateServiceInstanceId: false,
            serviceInstanceId: given.Contains("service.instance.id=", StringComparison.Ordinal) ? null : instance);
        if (given.Length > 0)
        {
            // What an operator says wins.
            resource.AddEnvironmentVariableDetector();
        }
    }

    private static bool IsNoisy(string? path) => path is not null && NoisyPaths.Contains(path, StringComparer.Ordinal);
}
