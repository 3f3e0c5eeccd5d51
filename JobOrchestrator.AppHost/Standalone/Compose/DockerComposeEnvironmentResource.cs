namespace JobOrchestrator.AppHost.Standalone.Compose;

/// <summary>Shape of <c>Aspire.Hosting.Docker.DockerComposeEnvironmentResource</c>.</summary>
internal sealed class DockerComposeEnvironmentResource
{
    /// <summary>The network services are in that name none.</summary>
    public string? DefaultNetworkName { get; set; }

    public Action<ComposeFile>? ConfigureComposeFile { get; set; }

    public Action<IDictionary<string, CapturedEnvironmentVariable>>? ConfigureEnvFile { get; set; }
}
