namespace JobOrchestrator.Contracts.V1;

/// <summary>The data of the <c>end</c> event of <c>GET /jobs/{id}/logs</c> as SSE: there will be no more output.</summary>
public sealed record LogEnd
{
    public required JobStatus State { get; init; }

    public required string Message { get; init; }

    public int? ExitCode { get; init; }
}
