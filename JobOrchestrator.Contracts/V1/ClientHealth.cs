using System.Text.Json.Serialization;

namespace JobOrchestrator.Contracts.V1;

/// <summary>What the server believes of a client node.</summary>
[JsonConverter(typeof(SnakeCaseWords<ClientHealth>))]
public enum ClientHealth
{
    /// <summary>Never heard of yet.</summary>
    Unknown,

    /// <summary>Answers, and is given work.</summary>
    Healthy,

    /// <summary>Answers, finishes what it has, is given nothing new.</summary>
    Draining,

    /// <summary>Answers, but says that it cannot take jobs; <c>problem</c> says why.</summary>
    Unfit,

    /// <summary>Does not answer.</summary>
    Unreachable,

    /// <summary>No longer configured or discovered.</summary>
    Gone,
}
