using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Server.Clients;

/// <summary>A job on its way to a client node.</summary>
/// <param name="Execution">Which attempt of which job.</param>
/// <param name="Request">What the client needs to know beside the files.</param>
/// <param name="InputDirectory">Absolute path of the directory with the job's input files, streamed from there.</param>
internal sealed record Submission(ExecutionRef Execution, ExecutionRequest Request, string InputDirectory);
