namespace JobOrchestrator.AppHost.Standalone;

/// <summary>Something the user can mend; the message is all there is to show.</summary>
internal sealed class HostException(string message, int exitCode = 1) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
