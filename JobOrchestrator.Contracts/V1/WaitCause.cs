using System.Text.Json.Serialization;

namespace JobOrchestrator.Contracts.V1;

/// <summary>Kinds of things that keep a job waiting.</summary>
[JsonConverter(typeof(SnakeCaseWords<WaitCause>))]
public enum WaitCause
{
    /// <summary>Nothing: it starts at any moment.</summary>
    Starting,

    /// <summary>Its latest attempt failed for a reason of ours; it is repeated after a pause.</summary>
    BackOff,

    /// <summary>Its user runs as many jobs of the service as one may.</summary>
    UserLimit,

    /// <summary>The service runs as many jobs as it may.</summary>
    ServiceLimit,

    /// <summary>No client node of the service takes work.</summary>
    NoClient,

    /// <summary>Every client node of the service is full.</summary>
    NoFreeSlot,

    /// <summary>Its service is no longer configured.</summary>
    ServiceRemoved,
}
