namespace JobOrchestrator.AppHost.Standalone;

/// <summary>Shape of <c>Aspire.Hosting.IProjectMetadata</c>.</summary>
internal interface IProjectMetadata
{
    /// <summary>Absolute path of the project file.</summary>
    string ProjectPath { get; }
}
