namespace JobOrchestrator.AppHost.Standalone;

/// <summary>Shape of <c>Aspire.Hosting.DistributedApplicationOptions</c>.</summary>
internal sealed class DistributedApplicationOptions
{
    public string[] Args { get; init; } = [];

    public bool DisableDashboard { get; init; }
}
