namespace JobOrchestrator.AppHost.Standalone.Compose;

/// <summary>Shape of <c>Aspire.Hosting.Docker.CapturedEnvironmentVariable</c>: a line of the <c>.env</c> file.</summary>
internal sealed class CapturedEnvironmentVariable
{
    public required string Name { get; init; }

    public string? Description { get; set; }

    public string? DefaultValue { get; set; }
}
