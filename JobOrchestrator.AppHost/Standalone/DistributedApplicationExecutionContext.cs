namespace JobOrchestrator.AppHost.Standalone;

/// <summary>Shape of <c>Aspire.Hosting.DistributedApplicationExecutionContext</c>.</summary>
internal sealed record DistributedApplicationExecutionContext(bool IsPublishMode);
