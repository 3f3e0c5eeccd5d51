using System.Reflection;

namespace JobOrchestrator.AppHost.Standalone;

/// <summary>Shape of <c>Aspire.Hosting.IDistributedApplicationBuilder</c>: collects the resources of the application.</summary>
internal sealed class DistributedApplicationBuilder
{
    private readonly DistributedApplicationOptions _options;
    private readonly List<ComputeResource> _resources = [];
    private DockerComposeEnvironmentResource? _environment;

    public DistributedApplicationBuilder(DistributedApplicationOptions options)
    {
        _options = options;
        ExecutionContext = new DistributedApplicationExecutionContext(HostArguments.IsPublish(options.Args));
    }

    /// <summary>Directory of the host's project file.</summary>
    public string AppHostDirectory { get; } = Metadata("AppHostDirectory");

    public DistributedApplicationExecutionContext ExecutionContext { get; }

    /// <summary>Value of an <c>AssemblyMetadata</c> item of the project file.</summary>
    public static string Metadata(string key) => typeof(DistributedApplicationBuilder).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;

    public ProjectResourceBuilder AddProject<TProject>(string name, string? launchProfileName)
        where TProject : IProjectMetadata, new()
    {
        if (launchProfileName is not null)
        {
            throw new NotSupportedException("The standalone host reads no launch profiles of the projects; pass null and say it all in AppHost.cs.");
        }

        var resource = new ProjectResource(name, new TProject().ProjectPath);
        _resources.Add(resource);
        return new ProjectResourceBuilder(resource);
    }

    /// <summary>Only for publishing: this host starts no containers.</summary>
    public ContainerResourceBuilder AddContainer(string name, string image, string tag)
    {
        var resource = new ComputeResource(name) { Image = $"{image}:{tag}" };
        _resources.Add(resource);
        return new ContainerResourceBuilder(resource);
    }

    public DockerComposeEnvironmentBuilder AddDockerComposeEnvironment(string name)
    {
        _ = name;
        return new DockerComposeEnvironmentBuilder(_environment = new DockerComposeEnvironmentResource());
    }

    public DistributedApplication Build() => new(_options, ExecutionContext, _resources, _environment);
}
