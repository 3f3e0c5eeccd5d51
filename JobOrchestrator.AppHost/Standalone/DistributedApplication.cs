namespace JobOrchestrator.AppHost.Standalone;

/// <summary>Shape of <c>Aspire.Hosting.DistributedApplication</c>.</summary>
internal sealed class DistributedApplication(
    DistributedApplicationOptions options,
    DistributedApplicationExecutionContext context,
    IReadOnlyList<ProjectResource> projects)
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
                throw new HostException("This host cannot publish yet; it only runs the application.");
            }

            if (!Guard.IsGuarded)
            {
                Environment.ExitCode = Guard.Run();
                return;
            }

            using var runner = new ApplicationRunner(projects, !options.DisableDashboard, TimeProvider.System);
            Environment.ExitCode = runner.RunAsync().GetAwaiter().GetResult();
        }
        catch (HostException e)
        {
            Console.Error.WriteLine(e.Message);
            Environment.ExitCode = e.ExitCode;
        }
    }
}
