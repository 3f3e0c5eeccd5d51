using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Server.Clients;

/// <summary>News of an execution from a client node; goes from the node's watcher to the result collector.</summary>
/// <param name="Node">Where it runs.</param>
/// <param name="Report">What the node says.</param>
/// <param name="Result">The result's ZIP, when it is small and came with the news.</param>
internal sealed record NodeReport(ClientNode Node, ExecutionReport Report, byte[]? Result = null);
