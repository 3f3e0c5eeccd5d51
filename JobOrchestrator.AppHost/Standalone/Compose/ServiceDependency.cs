namespace JobOrchestrator.AppHost.Standalone.Compose;

/// <summary>Shape of <c>Aspire.Hosting.Docker.Resources.ComposeNodes.ServiceDependency</c>.</summary>
internal sealed class ServiceDependency
{
    public string? Condition { get; set; }
}
