namespace JobOrchestrator.Contracts.Executions;

/// <summary>
/// Names an execution of ours. <c>POST /executions/release</c> takes a list of them, deletes those that ended, ignores unknown ones, and answers
/// with the list of those that have not ended.
/// </summary>
/// <param name="JobId">The server's job id.</param>
/// <param name="Attempt">The job's n-th dispatch, from 1.</param>
/// <param name="Upload">See <see cref="ExecutionReport.Upload"/>.</param>
public sealed record ExecutionName(int JobId, int Attempt, string? Upload = null);
