namespace JobOrchestrator.Server.Api;

/// <summary>A request to the v1 API is refused; the message is the problem's detail, for the sender.</summary>
internal sealed class ApiException(ProblemKind kind, string detail) : Exception(detail)
{
    public ProblemKind Kind { get; } = kind;

    /// <summary>Seconds after which it is worth trying again; sent as <c>Retry-After</c>.</summary>
    public int? RetryAfterSeconds { get; init; }
}
