namespace JobOrchestrator.AppHost.Standalone.Compose;

/// <summary>Shape of <c>Aspire.Hosting.Docker.Resources.ComposeNodes.Network</c>.</summary>
internal sealed class Network : NamedComposeMember
{
    public string? Driver { get; set; }

    /// <summary>Whether there is no way out of it, and none in.</summary>
    public bool? Internal { get; set; }

    public Ipam? Ipam { get; set; }
}
