using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.Files;
using JobOrchestrator.Server.Access;
using JobOrchestrator.Server.Api;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Data;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Results;
using JobOrchestrator.Server.Retention;
using JobOrchestrator.Server.Scheduling;
using JobOrchestrator.Server.Telemetry;
using JobOrchestrator.Server.Ui;
using JobOrchestrator.Server.Webhooks;
using JobOrchestrator.ServiceDefaults;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace JobOrchestrator.Server;

/// <summary>Puts the server together; the order is that of a job's life.</summary>
internal static class ServerApp
{
    /// <summary>Builds the server without starting it. Its settings come from the environment, <c>appsettings.json</c> and <paramref name="args"/>.</summary>
    /// <exception cref="ConfigurationException">Settings are wrong; the message lists all that are.</exception>
    public static WebApplication Create(string[] args, Action<WebApplicationBuilder>? customise = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = args,
            ContentRootPath = AppContext.BaseDirectory,
            ApplicationName = typeof(ServerApp).Assembly.GetName().Name, // whichever program this runs in
        });
        customise?.Invoke(builder);
        var errors = new List<string>();
        var options = ServerOptions.Load(builder.Configuration, errors);
        var catalog = ServiceCatalog.Load(builder.Configuration, errors);
        var selector = SelectionPolicy.Load(builder.Configuration, errors);
        var access = AccessOptions.Load(builder.Configuration, errors);
        var secret = ClientSecret.Load(key => builder.Configuration[key], errors);
        var webhooks = WebhookOptions.Load(builder.Configuration, errors);
        if (errors.Count > 0)
        {
            throw new ConfigurationException(errors);
        }

        // Base images set some of these to nothing.
        if (string.IsNullOrEmpty(builder.Configuration["urls"]) && string.IsNullOrEmpty(builder.Configuration["http_ports"]))
        {
            builder.WebHost.UseUrls($"http://*:{options.Port}");
        }

        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, LargeBlockPoolFactory>();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        var port = ServiceDefaults.HealthCheckCommand.AddressOf(builder.Configuration, "127.0.0.1", options.Port).Port;
        builder.AddServiceDefaults("joborchestrator-server", $"{Environment.MachineName}:{port}");
        builder.Services.TryAddSingleton(TimeProvider.System); // a test has brought its own
        builder.Services.AddSingleton(options).AddSingleton(catalog).AddSingleton(selector);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.StopGrace);
        builder.Services.AddServerTelemetry();
        builder.Services.AddDatabase(options);
        builder.Services.AddAccess(access, options);
        builder.AddAbuseLimits(access);
        builder.Services.AddSingleton(new UploadLimits(options.MaxUnpackedBytes, webhooks));
        builder.Services.AddJobs();
        builder.Services.AddScheduling();
        builder.Services.AddClients(secret);
        builder.Services.AddResults();
        builder.Services.AddRetention();
        builder.Services.AddWebhooks(webhooks);
        builder.Services.AddV1Api();
        builder.Services.AddOpenApi("openapi", options => options.AddV1());
        builder.AddUi();

        var app = builder.Build();
        app.UseErrors();
        app.UseAccess();
        app.UseV1Errors(); // inside the audit, which records the answer
        app.MapDefaultEndpoints(metrics => metrics.For(Role.Read));
        app.MapHome();
        app.MapClassicJobs(access);
        app.MapV1Api();
        app.MapApiDocs();
        app.MapUi();
        return app;
    }

    private static void AddJobs(this IServiceCollection services) => services
        .AddSingleton<JobStore>()
        .AddSingleton<JobFiles>()
        .AddSingleton<FreeSpace>()
        .AddSingleton<UnstoredUploads>()
        .AddSingleton<UploadReceiver>()
        .AddSingleton<UploadRecovery>();

    private static void AddScheduling(this IServiceCollection services) => services
        .AddSingleton<JobQueue>()
        .AddSingleton<RetryPolicy>()
        .AddSingleton<Dispatcher>()
        .AddHostedService(provider =>
        {
            var dispatcher = provider.GetRequiredService<Dispatcher>();
            provider.GetRequiredService<RetryPolicy>().Wake = dispatcher.Wake;
            return dispatcher;
        });

    private static void AddClients(this IServiceCollection services, ClientSecret? secret) => services
        .AddSingleton(provider => new ClientHttp(ClientHttp.CreateHttpClient(secret), provider.GetRequiredService<TimeProvider>())
        {
            StandstillLimit = provider.GetRequiredService<ServerOptions>().TransferStandstill,
            TransferLimit = provider.GetRequiredService<ServerOptions>().TransferDeadline,
        })
        .AddSingleton<NodeReports>()
        .AddSingleton<ClientRegistry>()
        .AddHostedService(provider => provider.GetRequiredService<ClientRegistry>())
        .AddHostedService<ClientMonitor>();

    private static void AddResults(this IServiceCollection services) => services
        .AddSingleton<RunningJobKiller>()
        .AddSingleton<AttemptFence>()
        .AddHostedService<ResultCollector>()
        .AddHostedService<LostJobRescuer>();

    private static void AddRetention(this IServiceCollection services) => services.AddHostedService<RetentionSweeper>();
}
