namespace JobOrchestrator.AppHost.Standalone.Compose;

/// <summary>Shape of <c>Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm.Resources</c>.</summary>
internal sealed class Resources
{
    public ResourceSpec? Limits { get; set; }
}
