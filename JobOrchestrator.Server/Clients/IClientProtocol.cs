using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.V1;

namespace JobOrchestrator.Server.Clients;

/// <summary>
/// How to talk to one client node: ours (<c>/executions</c>) or the classic one (<c>/submit</c>, <c>/retrieve</c>, <c>/kill</c>).
/// Every method throws <see cref="ClientException"/> when the node cannot be reached or fails.
/// </summary>
internal interface IClientProtocol
{
    /// <summary>Streams the files over; returns what the node says of the execution, and its name there. Idempotent on our clients.</summary>
    Task<(ExecutionRef Execution, ExecutionReport Report)> SubmitAsync(Submission submission, CancellationToken cancellationToken);

    /// <summary>What the node says of the execution, or null when it does not know it.</summary>
    Task<ExecutionReport?> FindAsync(ExecutionRef execution, CancellationToken cancellationToken);

    /// <summary>What the node says of all executions it has, in one answer; empty when it has no such answer.</summary>
    Task<IReadOnlyList<ExecutionReport>> ListAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Fetches the result into <paramref name="path"/> (created, fsynced). False when the node has none.
    /// A result cut short, or an error instead of one, is an exception and leaves no file.
    /// </summary>
    Task<bool> FetchResultAsync(ExecutionRef execution, string path, CancellationToken cancellationToken);

    /// <summary>Streams a ZIP of the working directory as it is now into <paramref name="target"/>. False when the node does not know the execution.</summary>
    Task<bool> CopyPartialAsync(ExecutionRef execution, Func<Stream> target, CancellationToken cancellationToken);

    /// <summary>Ends the execution; one that ended already, or is unknown, is no error.</summary>
    Task KillAsync(ExecutionRef execution, CancellationToken cancellationToken);

    /// <summary>Tells the node that the result is safe and it may delete the execution; an unknown one is no error.</summary>
    Task ReleaseAsync(ExecutionRef execution, CancellationToken cancellationToken);

    /// <summary>Tells the node to finish what it has and take nothing new, or to take work again. A classic client cannot be told.</summary>
    Task SetDrainingAsync(bool draining, CancellationToken cancellationToken);

    /// <summary>Opens one of the script's output streams; null when the node does not know the execution, or cannot give it.</summary>
    /// <param name="execution">Which execution.</param>
    /// <param name="request">Which part of it.</param>
    /// <param name="cancellationToken">Ends the stream, too.</param>
    Task<ClientLog?> OpenLogAsync(ExecutionRef execution, LogRequest request, CancellationToken cancellationToken);

    /// <summary>The files in the working directory as it is now; null when the node does not know the execution, or cannot tell.</summary>
    Task<ExecutionFileList?> ListFilesAsync(ExecutionRef execution, CancellationToken cancellationToken);

    /// <summary>Passes one file of the working directory on as it is now; false when there is none of that path.</summary>
    Task<bool> CopyFileAsync(ExecutionRef execution, string path, Func<long?, Stream> target, CancellationToken cancellationToken);

    /// <summary>Asks the node's validator about a script; null when the node has none.</summary>
    Task<ScriptVerdict?> ValidateAsync(string service, byte[] script, CancellationToken cancellationToken);
}
