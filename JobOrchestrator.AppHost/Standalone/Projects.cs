// Aspire generates these types from the project references; here they are written out, under the names it gives them.
namespace Projects;

internal sealed class JobOrchestrator_Server : IProjectMetadata
{
    public string ProjectPath { get; } = ProjectPaths.Of("JobOrchestrator.Server");
}

internal sealed class JobOrchestrator_Client : IProjectMetadata
{
    public string ProjectPath { get; } = ProjectPaths.Of("JobOrchestrator.Client");
}

internal static class ProjectPaths
{
    public static string Of(string project) => Path.GetFullPath(
        Path.Combine(DistributedApplicationBuilder.Metadata("AppHostDirectory"), "..", project, project + ".csproj"));
}
