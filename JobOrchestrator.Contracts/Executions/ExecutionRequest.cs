namespace JobOrchestrator.Contracts.Executions;

/// <summary>
/// The first part of <c>PUT /executions/{job}/{attempt}</c>: a form field named <see cref="FieldName"/> without a file name, JSON.
/// The files follow as in the classic <c>/submit</c>: field name = path relative to the job directory, file name = its base name.
/// </summary>
/// <param name="Service">The job's service, for per-service rules and limits on the client.</param>
/// <param name="TimeLimit">Wall-clock limit of the script, or null for none.</param>
/// <param name="Limits">Its other limits, or null for none.</param>
/// <param name="Network">Whether it may use the network.</param>
/// <param name="TraceParent">W3C trace context that the client's spans of this execution belong to, or null.</param>
public sealed record ExecutionRequest(
    string Service, TimeSpan? TimeLimit = null, ExecutionLimits? Limits = null, bool Network = false, string? TraceParent = null)
{
    public const string FieldName = "execution";
}
