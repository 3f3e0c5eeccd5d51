using JobOrchestrator.Client.Draining;
using JobOrchestrator.Client.Executions;
using JobOrchestrator.Client.Load;
using JobOrchestrator.Client.Retention;
using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Client.Telemetry;
using JobOrchestrator.Client.Validation;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Contracts.Files;
using JobOrchestrator.ServiceDefaults;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace JobOrchestrator.Client;

/// <summary>Puts the client together; the order is that of an execution's life.</summary>
internal static class ClientApp
{
    /// <summary>Builds the client without starting it. Its settings come from the environment, <c>appsettings.json</c> and <paramref name="args"/>.</summary>
    /// <exception cref="ConfigurationException">Settings are wrong; the message lists all that are.</exception>
    public static WebApplication Create(string[] args, Action<WebApplicationBuilder>? customise = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        customise?.Invoke(builder);
        var errors = new List<string>();
        var options = ClientOptions.Load(builder.Configuration, errors);
        ClientGate.Check(options, builder.Configuration, errors);
        var tuning = ValidationTuning.Load(builder.Configuration, errors);
        if (errors.Count > 0)
        {
            throw new ConfigurationException(errors);
        }

        if (options.DataShared)
        {
            var own = SharedDataDirectory.Claim(options.DataPath);
            options = options with { DataPath = own.Path };
            builder.Services.AddSingleton(_ => own);
        }

        // Base images set some of these to nothing.
        if (string.IsNullOrEmpty(builder.Configuration["urls"]) && string.IsNullOrEmpty(builder.Configuration["http_ports"]))
        {
            builder.WebHost.UseUrls($"http://{options.Bind}:{options.Port}");
        }

        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, LargeBlockPoolFactory>();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.AddServiceDefaults("joborchestrator-client", $"{options.Name}:{HealthCheckCommand.AddressOf(builder.Configuration, options.Bind, options.Port).Port}");
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(options).AddSingleton(tuning);
        builder.Services.AddProblemDetails();
        builder.Services.AddClientTelemetry();
        builder.Services.AddSandbox();
        builder.Services.AddExecutions();
        builder.Services.AddDraining();
        builder.Services.AddLoad();
        builder.Services.AddRetention();

        var app = builder.Build();
        app.Services.GetService<SharedDataDirectory>(); // a container disposes only of what it has made
        app.UseExceptionHandler(handler => handler.Run(context => WriteErrorAsync(context, "Internal error; the client's log has the details")));
        app.UseStatusCodePages(context => WriteErrorAsync(
            context.HttpContext, $"{context.HttpContext.Request.Method} {context.HttpContext.Request.Path} is not possible here"));
        app.UseClientGate(options);
        app.MapDefaultEndpoints();
        app.MapClassic();
        app.MapExecutions();
        app.MapValidation();
        app.MapDraining();
        return app;
    }

    /// <summary>Where a client with the settings of this process's environment answers for its health.</summary>
    /// <exception cref="ConfigurationException">Settings are wrong; the message lists all that are.</exception>
    public static Uri HealthAddress()
    {
        var settings = new ConfigurationBuilder()
            .SetBasePath(AppContext.BaseDirectory)
            .AddJsonFile("appsettings.json", optional: true)
            .AddEnvironmentVariables()
            .Build();
        var errors = new List<string>();
        var options = ClientOptions.Load(settings, errors);
        return errors.Count > 0 ? throw new ConfigurationException(errors) : HealthCheckCommand.AddressOf(settings, options.Bind, options.Port);
    }

    private static void AddExecutions(this IServiceCollection services) => services
        .AddSingleton<Workspace>()
        .AddSingleton<ExecutionEvents>()
        .AddSingleton<ExecutionTable>()
        .AddSingleton<ExecutionReceiver>()
        .AddSingleton<ExecutionRunner>()
        .AddSingleton<StatusReader>()
        .AddHostedService(provider => provider.GetRequiredService<ExecutionRunner>());

    private static void AddDraining(this IServiceCollection services) => services
        .AddSingleton<NodeDrain>()
        .AddSingleton<IHostLifetime, DrainingLifetime>();

    private static void AddSandbox(this IServiceCollection services) => services
        .AddSingleton<SandboxPolicy>()
        .AddSingleton<LauncherPatience>()
        .AddSingleton<SandboxLauncher>()
        .AddSingleton<SandboxProbe>()
        .AddSingleton<SandboxStatus>()
        .AddHostedService<SandboxSelection>()
        .AddHealthChecks().AddCheck<SandboxStatus>("sandbox");

    private static void AddLoad(this IServiceCollection services) => services
        .AddSingleton<LoadSampler>()
        .AddHostedService(provider => provider.GetRequiredService<LoadSampler>());

    private static void AddRetention(this IServiceCollection services) => services.AddHostedService<WorkspaceSweeper>();

    private static Task WriteErrorAsync(HttpContext context, string message) => context.Response.WriteAsJsonAsync(
        new StatusBody(0, ClassicStatus.Unknown, message), ContractsJson.Default.StatusBody);
}
