namespace JobOrchestrator.Server.Api;

/// <summary>The problems a route answers with, beside those all routes share; for the OpenAPI document.</summary>
internal sealed record ProblemKinds(params ProblemKind[] Kinds);
