namespace JobOrchestrator.AppHost.Standalone.Compose;

/// <summary>Shape of <c>IResourceBuilder&lt;DockerComposeEnvironmentResource&gt;</c> with the extension methods <c>AppHost.cs</c> uses.</summary>
internal sealed class DockerComposeEnvironmentBuilder(DockerComposeEnvironmentResource environment)
{
    /// <summary>Ours has no dashboard to publish.</summary>
    public DockerComposeEnvironmentBuilder WithDashboard(bool enabled) =>
        enabled ? throw new NotSupportedException("The standalone host publishes no dashboard; pass false.") : this;

    public DockerComposeEnvironmentBuilder WithProperties(Action<DockerComposeEnvironmentResource> configure)
    {
        configure(environment);
        return this;
    }

    public DockerComposeEnvironmentBuilder ConfigureComposeFile(Action<ComposeFile> configure)
    {
        environment.ConfigureComposeFile += configure;
        return this;
    }

    public DockerComposeEnvironmentBuilder ConfigureEnvFile(Action<IDictionary<string, CapturedEnvironmentVariable>> configure)
    {
        environment.ConfigureEnvFile += configure;
        return this;
    }
}
