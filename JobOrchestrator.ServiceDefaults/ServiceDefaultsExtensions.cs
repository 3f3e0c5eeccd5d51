using JobOrchestrator.ServiceDefaults.Health;
using JobOrchestrator.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;

namespace JobOrchestrator.ServiceDefaults;

/// <summary>What every process of the system has, whatever it does.</summary>
public static class ServiceDefaultsExtensions
{
    private const string LiveTag = "live";

    /// <summary>Adds logging, telemetry (where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> or its like is set), health checks, service discovery and resilient HTTP.</summary>
    /// <param name="builder">Of the host.</param>
    /// <param name="serviceName">What the process is, for telemetry.</param>
    /// <param name="instance">Which one it is, stable over restarts.</param>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder, string serviceName, string instance)
        where TBuilder : IHostApplicationBuilder
    {
        AddConsole(builder);
        builder.AddTelemetry(serviceName, instance);
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

    /// <summary>Maps <c>/health</c> (ready) and <c>/alive</c> (live), in every environment, and <c>/metrics</c> where <c>METRICS_SCRAPE</c> asks for it.</summary>
    /// <param name="app">The application.</param>
    /// <param name="guardMetrics">Says who may fetch <c>/metrics</c>; null for everybody.</param>
    public static WebApplication MapDefaultEndpoints(this WebApplication app, Action<IEndpointConventionBuilder>? guardMetrics = null)
    {
        app.MapTelemetry(guardMetrics);
        app.MapHealthChecks("/health", new HealthCheckOptions { ResponseWriter = HealthAnswer.WriteAsync }).AllowAnonymous();
        app.MapHealthChecks("/alive", new HealthCheckOptions
        {
            Predicate = check => check.Tags.Contains(LiveTag),
            ResponseWriter = HealthAnswer.WriteAsync,
        }).AllowAnonymous();
        return app;
    }

    /// <summary>Runs the application until it is told to end. That this may happen in the middle of its start is no failure.</summary>
    /// <param name="app">The application; disposed of at the end.</param>
    public static async Task RunToEndAsync(this WebApplication app)
    {
        var toldToEnd = app.Lifetime.ApplicationStopping;
        try
        {
            await app.RunAsync();
        }
        catch (OperationCanceledException) when (toldToEnd.IsCancellationRequested)
        {
            // The host says so of a start that was not finished.
        }
    }

    private static void AddConsole(IHostApplicationBuilder builder)
    {
        if (builder.Configuration.GetValue("DOTNET_RUNNING_IN_CONTAINER", false))
        {
            builder.Logging.AddJsonConsole(options =>
            {
                options.UseUtcTimestamp = true;
                options.IncludeScopes = true;
            });
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
        // Every failed command reaches whoever sent it as an exception, and is logged there with what it was about.
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore.Database.Command", LogLevel.None);
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore.Query", LogLevel.None);
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore.Update", LogLevel.None);
        builder.Logging.AddFilter("System.Net.Http.HttpClient", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Extensions.ServiceDiscovery", LogLevel.Warning);
    }
}
