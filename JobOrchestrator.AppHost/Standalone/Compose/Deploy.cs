namespace JobOrchestrator.AppHost.Standalone.Compose;

/// <summary>Shape of <c>Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm.Deploy</c>.</summary>
internal sealed class Deploy
{
    public int? Replicas { get; set; }

    public Resources? Resources { get; set; }
}
