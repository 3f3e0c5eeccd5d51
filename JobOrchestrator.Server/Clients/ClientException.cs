using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Server.Clients;

/// <summary>
/// A client node did not do what it was asked. Always our side's fault, never the script's: whoever catches it retries or gives up,
/// with <see cref="Reason"/> and the message as the reason on record.
/// </summary>
internal sealed class ClientException(EndReason reason, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether the node answered, and the answer was no: then it did not do it, which is not known of a call that broke off.</summary>
    public bool IsRefusal { get; init; }

    public EndReason Reason { get; } = reason;
}
