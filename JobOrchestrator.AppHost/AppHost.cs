// The distributed application: one server, N clients. Written against the public API of .NET Aspire 13 and compiled twice:
// by Aspire/ against Aspire itself, by the project beside this file against Standalone/, a small host with the same shapes.
using JobOrchestrator.AppHost;

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
    .WithHttpEndpoint(port: options.Port, name: "http", isProxied: false)
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/health")
    .WithEnvironment("SERVICE_EXAMPLE_CLIENTS", "http://client");

if (builder.ExecutionContext.IsPublishMode)
{
    // In production the replicas stand behind one name, and the server asks DNS who they are.
    var clients = builder.AddProject<Projects.JobOrchestrator_Client>("client", launchProfileName: null)
        .WithHttpEndpoint(targetPort: 9000, name: "http")
        .WithHttpHealthCheck("/health")
        .WithReplicas(options.Clients);
    server.WithReference(clients);
}
else
{
    // For trying things out on one machine; what is published asks for keys.
    server
        .WithEnvironment("AUTH", "off")
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
}

builder.Build().Run();
return Environment.ExitCode;
