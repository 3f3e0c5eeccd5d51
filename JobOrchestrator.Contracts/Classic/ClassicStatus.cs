using System.Text.Json.Serialization;

namespace JobOrchestrator.Contracts.Classic;

/// <summary>
/// The status words of the classic surface, capitalised on the wire exactly as they stand here.
/// <see cref="Unknown"/> and <see cref="Locked"/> are never stored by us; a classic peer may send them.
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<ClassicStatus>))]
public enum ClassicStatus
{
    Unknown,
    Queued,
    Processing,
    Submitted,
    Prepared,
    Running,
    Completed,
    Failed,
    Invalid,
    Locked,
    Killed,
    Cleaned,
}
