namespace JobOrchestrator.AppHost.Standalone.Compose;

/// <summary>Shape of <c>Aspire.Hosting.Docker.Resources.ServiceNodes.Ipam</c>: the addresses of a network.</summary>
internal sealed class Ipam
{
    public List<Dictionary<string, string>> Config { get; set; } = [];
}
