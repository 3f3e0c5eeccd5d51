using System.Text.Json.Serialization;

namespace JobOrchestrator.Contracts.V1;

/// <summary>Whose doing an end was.</summary>
[JsonConverter(typeof(SnakeCaseWords<Fault>))]
public enum Fault
{
    /// <summary>Nobody's: it ended well.</summary>
    None,

    /// <summary>The script's, or its input's.</summary>
    Script,

    /// <summary>The system's: a client node, the network, a disk.</summary>
    System,

    /// <summary>Somebody cancelled it.</summary>
    User,
}
