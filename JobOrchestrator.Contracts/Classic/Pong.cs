namespace JobOrchestrator.Contracts.Classic;

/// <summary>Answer to <c>GET /</c> on both surfaces: <c>{"message":"pong"}</c>.</summary>
public sealed record Pong(string Message);
