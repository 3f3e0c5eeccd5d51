namespace JobOrchestrator.AppHost.Standalone;

/// <summary>Shape of <c>Aspire.Hosting.DistributedApplication</c>.</summary>
internal sealed class DistributedApplication(
    DistributedApplicationOptions options,
    DistributedApplicationExecutionContext context,
    IReadOnlyList<ComputeResource> resources,
    DockerComposeEnvironmentResource? environment)
{
    public static DistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options)
    {
        try
        {
            return new DistributedApplicationBuilder(options);
        }
        catch (HostException e)
        {
            Console.Error.WriteLine(e.Message);
            Environment.Exit(e.ExitCode);
            throw;
        }
    }

    /// <summary>Runs until it is told to stop; the outcome is in <see cref="Environment.ExitCode"/>, as with Aspire.</summary>
    public void Run()
    {
        try
        {
            if (context.IsPublishMode)
            {
                ComposePublisher.Publish(
                    resources,
                    environment ?? throw new HostException("The model has no environment to publish to."),
                    HostArguments.OutputPath(options.Args));
                return;
            }

            if (!Guard.IsGuarded)
            {
                Environment.ExitCode = Guard.Run();
                return;
            }

            using var runner = new ApplicationRunner([.. resources.OfType<ProjectResource>()], !options.DisableDashboard, TimeProvider.System);
            Environment.ExitCode = runner.RunAsync().GetAwaiter().GetResult();
        }
        catch (HostException e)
        {
            Console.Error.WriteLine(e.Message);
            Environment.ExitCode = e.ExitCode;
        }
    }
}
