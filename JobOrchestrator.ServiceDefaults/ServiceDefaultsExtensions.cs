using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace JobOrchestrator.ServiceDefaults;

/// <summary>What every process of the system has, whatever it does.</summary>
public static class ServiceDefaultsExtensions
{
    private const string LiveTag = "live";

    /// <summary>Paths that are asked for all the time and say nothing in a trace.</summary>
    private static readonly string[] NoisyPaths = ["/health", "/alive", "/status", "/events", "/load"];

    /// <summary>Adds telemetry (OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set), health checks, service discovery and resilient HTTP.</summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        AddConsole(builder);
        AddTelemetry(builder);
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [LiveTag]);
        builder.Services.AddServiceDiscoveryCore()
            .AddConfigurationServiceEndpointProvider()
            .AddDnsServiceEndpointProvider()
            .AddPassThroughServiceEndpointProvider();
        builder.Services.ConfigureHttpClientDefaults(http =>
        {
            http.AddStandardResilienceHandler(options => options.Retry.DisableForUnsafeHttpMethods());
            http.AddServiceDiscovery();
        });
        return builder;
    }

    /// <summary>Maps <c>/health</c> (ready) and <c>/alive</c> (live), in every environment.</summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealthChecks("/health", new HealthCheckOptions { ResponseWriter = WriteHealthAsync }).AllowAnonymous();
        app.MapHealthChecks("/alive", new HealthCheckOptions
        {
            Predicate = check => check.Tags.Contains(LiveTag),
            ResponseWriter = WriteHealthAsync,
        }).AllowAnonymous();
        return app;
    }

    private static void AddConsole(IHostApplicationBuilder builder)
    {
        if (builder.Configuration.GetValue("DOTNET_RUNNING_IN_CONTAINER", false))
        {
            builder.Logging.AddJsonConsole(options => options.UseUtcTimestamp = true);
        }
        else
        {
            builder.Logging.AddSimpleConsole(options =>
            {
                options.SingleLine = true;
                options.TimestampFormat = "HH:mm:ss.fff ";
            });
        }

        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore", LogLevel.Warning);
        builder.Logging.AddFilter("System.Net.Http.HttpClient", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Extensions.ServiceDiscovery", LogLevel.Warning);
    }

    private static void AddTelemetry(IHostApplicationBuilder builder)
    {
        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            return;
        }

        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });
        builder.Services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddMeter("JobOrchestrator.*"))
            .WithTracing(tracing => tracing
                .AddSource("JobOrchestrator.*")
                .AddAspNetCoreInstrumentation(options => options.Filter = context => !IsNoisy(context.Request.Path))
                .AddHttpClientInstrumentation(options => options.FilterHttpRequestMessage =
                    request => !IsNoisy(request.RequestUri?.AbsolutePath)))
            .UseOtlpExporter();
    }

    private static bool IsNoisy(string? path) => path is not null && NoisyPaths.Contains(path, StringComparer.Ordinal);

    /// <summary>The classic shape: <c>{"status":"ok","database":"ok"}</c>, one member per check.</summary>
    private static async Task WriteHealthAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("status", Word(report.Status));
        foreach (var (name, entry) in report.Entries)
        {
            json.WriteString(name, entry.Description ?? Word(entry.Status));
        }

        json.WriteEndObject();
    }

    private static string Word(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "ok",
        HealthStatus.Degraded => "degraded",
        _ => "unhealthy",
    };
}
