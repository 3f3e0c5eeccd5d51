namespace JobOrchestrator.AppHost.Standalone.Compose;

/// <summary>Shape of <c>Aspire.Hosting.Docker.Resources.ComposeNodes.Service</c>, as far as <c>Production/</c> uses it.</summary>
internal sealed class Service : NamedComposeMember
{
    public string? Image { get; set; }

    public List<string> Command { get; set; } = [];

    public List<string> Entrypoint { get; set; } = [];

    public string? User { get; set; }

    public bool? Init { get; set; }

    public Dictionary<string, string> Environment { get; set; } = new(StringComparer.Ordinal);

    public List<string> Ports { get; set; } = [];

    public List<string> Expose { get; set; } = [];

    public List<string> Networks { get; set; } = [];

    public Dictionary<string, ServiceDependency> DependsOn { get; set; } = new(StringComparer.Ordinal);

    public List<Volume> Volumes { get; set; } = [];

    public bool? ReadOnly { get; set; }

    public List<string> Tmpfs { get; set; } = [];

    public List<string> CapDrop { get; set; } = [];

    public List<string> SecurityOpt { get; set; } = [];

    public Dictionary<string, Ulimit> Ulimits { get; set; } = new(StringComparer.Ordinal);

    public Deploy? Deploy { get; set; }

    public Healthcheck? Healthcheck { get; set; }

    public Logging? Logging { get; set; }

    public string? Restart { get; set; }

    public string? StopGracePeriod { get; set; }
}
