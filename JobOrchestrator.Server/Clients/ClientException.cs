using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Server.Clients;

/// <summary>
/// A client node did not do what it was asked. Always our side's fault, never the script's: whoever catches it retries or gives up,
/// with <see cref="Reason"/> and the message as the reason on record.
/// </summary>
internal sealed class ClientException(EndReason reason, string message, Exception? inner = null) : Exception(message, inner)
{
    public EndReason Reason { get; } = reason;
}
