namespace JobOrchestrator.AppHost.Standalone.Compose;

/// <summary>Shape of <c>Aspire.Hosting.Docker.DockerComposeServiceResource</c>.</summary>
internal sealed class DockerComposeServiceResource(string name)
{
    public string Name => name;
}
