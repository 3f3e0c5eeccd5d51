namespace JobOrchestrator.Contracts.Classic;

/// <summary>The JSON answer of every classic server endpoint: <c>{"id":7,"status":"Queued","message":"…"}</c>.</summary>
/// <param name="Id">Job id; 0 when the request never became a job.</param>
/// <param name="Status">The job's status; <see cref="ClassicStatus.Unknown"/> when there is no job.</param>
/// <param name="Message">What happened, in plain words; may be empty.</param>
public sealed record StatusBody(int Id, ClassicStatus Status, string Message);
