namespace JobOrchestrator.AppHost.Standalone.Compose;

/// <summary>Shape of <c>Aspire.Hosting.Docker.Resources.ServiceNodes.Volume</c>: a volume of the file, or a mount of a service.</summary>
internal sealed class Volume : NamedComposeMember
{
    public string? Type { get; set; }

    public string? Source { get; set; }

    public string? Target { get; set; }

    public bool? ReadOnly { get; set; }

    public string? Driver { get; set; }
}
