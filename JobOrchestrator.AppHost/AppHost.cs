// The distributed application: one server, N clients. Written against the public API of .NET Aspire 13 and compiled twice:
// by Aspire/ against Aspire itself, by the project beside this file against Standalone/, a small host with the same shapes.
using JobOrchestrator.AppHost;
using JobOrchestrator.AppHost.Production;

if (!AppHostOptions.TryParse(args, out var options, out var exitCode))
{
    return exitCode;
}

var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions
{
    Args = [.. options.Rest],
    DisableDashboard = !options.Dashboard,
});
var data = options.Data ?? Path.Combine(builder.AppHostDirectory, ".data");

var server = builder.AddProject<Projects.JobOrchestrator_Server>("server", launchProfileName: null)
    .WithHttpHealthCheck("/health");

if (builder.ExecutionContext.IsPublishMode)
{
    // In production the replicas stand behind one name, and the server asks DNS who they are. Production/ says how each service is locked down.
    var publication = new Publication(builder.AppHostDirectory, options.Output, options.Kubernetes);
    builder.AddDockerComposeEnvironment("production")
        .WithDashboard(false)
        .WithProperties(environment => environment.DefaultNetworkName = ProductionNetworks.Edge)
        .ConfigureComposeFile(publication.Complete)
        .ConfigureEnvFile(ProductionSettings.Describe);
    server
        .WithHttpEndpoint(targetPort: ProductionServices.ServerPort, name: "http")
        .WithEnvironment("DB_PATH", "/data/jobs.sqlite")
        .WithEnvironment("DATA_PATH", "/data/jobs")
        .WithEnvironment("SERVICE_EXAMPLE_CLIENTS", ProductionServices.ClientAddress)
        .PublishAsDockerComposeService((_, service) => ProductionServices.Server(service));
    builder.AddProject<Projects.JobOrchestrator_Client>("client", launchProfileName: null)
        .WithHttpEndpoint(targetPort: ProductionServices.ClientPort, name: "http")
        .WithHttpHealthCheck("/health")
        .WithEnvironment("BIND", "0.0.0.0")
        .WithEnvironment("DATA_PATH", "/data")
        .WithEnvironment("DATA_SHARED", "on")
        .WithEnvironment("SANDBOX_REQUIRE", "landlock")
        .WithEnvironment("DRAIN_TIME", ProductionServices.ClientDrainSeconds)
        .PublishAsDockerComposeService((_, service) => ProductionServices.Client(service, options.Clients));
    builder.AddContainer("proxy", "nginx", "1.28.0-alpine")
        .PublishAsDockerComposeService((_, service) => ProductionServices.Proxy(service));
    builder.AddContainer("prometheus", "prom/prometheus", "v3.5.0")
        .PublishAsDockerComposeService((_, service) => ProductionServices.Prometheus(service));
    builder.AddContainer("grafana", "grafana/grafana", "12.4.0")
        .PublishAsDockerComposeService((_, service) => ProductionServices.Grafana(service));
    builder.Build().Run();
    return publication.Finish();
}

// For trying things out on one machine nobody needs a key; what is published asks for keys. Containers belong to production only: here the Aspire
// Dashboard shows metrics and traces, and a machine without a container engine runs everything.
server
    .WithHttpEndpoint(port: options.Port, name: "http", isProxied: false)
    .WithExternalHttpEndpoints()
    .WithEnvironment("AUTH", "off")
    .WithEnvironment("SERVICE_EXAMPLE_CLIENTS", "http://client")
    .WithEnvironment("DB_PATH", Path.Combine(data, "server", "jobs.sqlite"))
    .WithEnvironment("DATA_PATH", Path.Combine(data, "server", "jobs"));

// On one machine every replica is a process of its own, and configuration says who they are.
for (var i = 1; i <= options.Clients; i++)
{
    var name = $"client-{i}";
    var client = builder.AddProject<Projects.JobOrchestrator_Client>(name, launchProfileName: null)
        .WithHttpEndpoint(name: "http")
        .WithHttpHealthCheck("/health")
        .WithEnvironment("NAME", name)
        .WithEnvironment("DATA_PATH", Path.Combine(data, name));
    server.WithEnvironment($"services__client__http__{i - 1}", client.GetEndpoint("http")).WaitFor(client);
}

builder.Build().Run();
return Environment.ExitCode;
