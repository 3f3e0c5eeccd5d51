namespace JobOrchestrator.AppHost.Standalone;

/// <summary>A process to start, as the model describes it.</summary>
internal sealed class ProjectResource(string name, string projectPath) : ComputeResource(name)
{
    /// <summary>The HTTP endpoint; null until the model gives it one.</summary>
    public EndpointReference? Endpoint { get; set; }

    /// <summary>Path that answers 200 when the process is ready; null when it is ready at once.</summary>
    public string? HealthPath { get; set; }

    /// <summary>Resources that must be healthy before this one starts.</summary>
    public List<ProjectResource> WaitsFor { get; } = [];

    /// <summary>The built program, beside whose name its project lies.</summary>
    public string Executable { get; } = Path.Combine(
        Path.GetDirectoryName(projectPath)!,
        DistributedApplicationBuilder.Metadata("OutputDirectory"),
        Path.GetFileNameWithoutExtension(projectPath));
}
