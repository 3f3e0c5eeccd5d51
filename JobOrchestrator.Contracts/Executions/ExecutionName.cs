namespace JobOrchestrator.Contracts.Executions;

/// <summary>
/// Names an execution of ours. <c>POST /executions/release</c> takes a list of them, deletes those that ended, ignores unknown ones, and answers
/// with the list of those that have not ended.
/// </summary>
public sealed record ExecutionName(int JobId, int Attempt);
