namespace JobOrchestrator.AppHost.Standalone;

/// <summary>Shape of <c>IResourceBuilder&lt;ProjectResource&gt;</c> with the extension methods <c>AppHost.cs</c> uses.</summary>
internal sealed class ProjectResourceBuilder(ProjectResource resource)
{
    public ProjectResource Resource => resource;

    /// <summary>Gives the process an HTTP endpoint. There is no proxy here, whatever <paramref name="isProxied"/> says.</summary>
    public ProjectResourceBuilder WithHttpEndpoint(int? port = null, int? targetPort = null, string name = "http", bool isProxied = true)
    {
        _ = isProxied;
        resource.Endpoint = new EndpointReference(name, port ?? targetPort);
        return this;
    }

    /// <summary>On one machine nothing is hidden behind a network; kept for publishing.</summary>
    public ProjectResourceBuilder WithExternalHttpEndpoints() => this;

    public ProjectResourceBuilder WithHttpHealthCheck(string path)
    {
        resource.HealthPath = path;
        return this;
    }

    public ProjectResourceBuilder WithEnvironment(string name, string value)
    {
        resource.Environment[name] = () => value;
        return this;
    }

    public ProjectResourceBuilder WithEnvironment(string name, EndpointReference endpoint)
    {
        resource.Environment[name] = () => endpoint.Url;
        return this;
    }

    public EndpointReference GetEndpoint(string name) => resource.Endpoint is { } endpoint && endpoint.Name == name
        ? endpoint
        : throw new InvalidOperationException($"'{resource.Name}' has no endpoint '{name}'.");

    public ProjectResourceBuilder WaitFor(ProjectResourceBuilder other)
    {
        resource.WaitsFor.Add(other.Resource);
        return this;
    }

    /// <summary>Changes the service this resource is published as.</summary>
    public ProjectResourceBuilder PublishAsDockerComposeService(Action<DockerComposeServiceResource, Service> configure)
    {
        resource.ConfigureService += configure;
        return this;
    }
}
