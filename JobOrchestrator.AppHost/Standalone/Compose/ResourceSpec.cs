namespace JobOrchestrator.AppHost.Standalone.Compose;

/// <summary>Shape of <c>Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm.ResourceSpec</c>.</summary>
internal sealed class ResourceSpec
{
    public string? Cpus { get; set; }

    public string? Memory { get; set; }
}
