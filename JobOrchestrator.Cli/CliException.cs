namespace JobOrchestrator.Cli;

/// <summary>Something its reader can mend; the message is all there is to show.</summary>
internal sealed class CliException(string message, int exitCode = ExitCodes.Failure) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
