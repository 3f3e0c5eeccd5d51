using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Server.Clients;

/// <summary>News of an execution from a client node; goes from the node's watcher to the result collector.</summary>
internal sealed record NodeReport(ClientNode Node, ExecutionReport Report);
