namespace JobOrchestrator.AppHost.Standalone.Compose;

/// <summary>Shape of <c>Aspire.Hosting.Docker.Resources.ServiceNodes.Ulimit</c>.</summary>
internal sealed class Ulimit
{
    public int? Soft { get; set; }

    public int? Hard { get; set; }
}
