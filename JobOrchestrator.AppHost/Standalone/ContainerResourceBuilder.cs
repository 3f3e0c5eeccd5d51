namespace JobOrchestrator.AppHost.Standalone;

/// <summary>Shape of <c>IResourceBuilder&lt;ContainerResource&gt;</c>: published, never started by this host.</summary>
internal sealed class ContainerResourceBuilder(ComputeResource resource)
{
    public ContainerResourceBuilder PublishAsDockerComposeService(Action<DockerComposeServiceResource, Service> configure)
    {
        resource.ConfigureService += configure;
        return this;
    }
}
