using YamlDotNet.Serialization;

namespace JobOrchestrator.AppHost.Standalone.Compose;

/// <summary>Shape of <c>Aspire.Hosting.Docker.Resources.ComposeNodes.NamedComposeMember</c>: what is known by a key of its own.</summary>
internal abstract class NamedComposeMember
{
    [YamlIgnore]
    public required string Name { get; set; }
}
