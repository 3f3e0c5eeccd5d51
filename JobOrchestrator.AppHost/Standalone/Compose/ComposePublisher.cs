namespace JobOrchestrator.AppHost.Standalone.Compose;

/// <summary>Writes <c>docker-compose.yaml</c> and <c>.env</c> from the model, in the order in which Aspire's publisher does it.</summary>
internal static class ComposePublisher
{
    public static void Publish(IReadOnlyList<ComputeResource> resources, DockerComposeEnvironmentResource environment, string directory)
    {
        var file = new ComposeFile();
        var network = new Network { Name = environment.DefaultNetworkName ?? "aspire", Driver = "bridge" };
        file.AddNetwork(network);
        var variables = new Dictionary<string, CapturedEnvironmentVariable>(StringComparer.Ordinal);
        foreach (var resource in resources)
        {
            var service = new Service { Name = resource.Name, Image = resource.Image, Networks = [network.Name] };
            foreach (var (name, value) in resource.Environment)
            {
                service.Environment[name] = value();
            }

            resource.ConfigureService?.Invoke(new DockerComposeServiceResource(resource.Name), service);
            file.AddService(service);
        }

        environment.ConfigureComposeFile?.Invoke(file);
        environment.ConfigureEnvFile?.Invoke(variables);
        try
        {
            Directory.CreateDirectory(directory);
            File.WriteAllText(Path.Combine(directory, "docker-compose.yaml"), file.ToYaml());
            var path = Path.Combine(directory, ".env");
            File.WriteAllText(path, EnvFile.Render(variables.Values, File.Exists(path) ? File.ReadAllText(path) : null));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostException($"Cannot publish to {directory}: {e.Message}");
        }
    }
}
