namespace JobOrchestrator.AppHost.Standalone;

/// <summary>Something that is published as a service: a project of ours, or somebody's container image.</summary>
internal class ComputeResource(string name)
{
    public string Name => name;

    /// <summary>Image to run when published; a project's is named by whoever publishes it.</summary>
    public string? Image { get; init; }

    /// <summary>Environment; values are taken when the process starts, for ports are chosen late.</summary>
    public Dictionary<string, Func<string>> Environment { get; } = new(StringComparer.Ordinal);

    /// <summary>What the model changes in the published service.</summary>
    public Action<DockerComposeServiceResource, Service>? ConfigureService { get; set; }
}
