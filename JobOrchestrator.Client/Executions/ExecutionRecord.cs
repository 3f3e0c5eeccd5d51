using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Client.Executions;

/// <summary>What is kept of an execution on the disk, so that a restarted client knows it.</summary>
internal sealed record ExecutionRecord(ExecutionReport Report, ExecutionRequest Request);
