namespace JobOrchestrator.Server.Jobs;

/// <summary>An attempt that is over here, of which its client node has not been told.</summary>
/// <param name="JobId">Of which job.</param>
/// <param name="Number">From 1.</param>
/// <param name="Upload">The upload behind the job.</param>
/// <param name="ClassicId">The payload id a classic client gave it.</param>
/// <param name="Service">The job's.</param>
/// <param name="TraceParent">The job's trace.</param>
internal sealed record OwedAttempt(int JobId, int Number, string Upload, int? ClassicId, string Service, string? TraceParent);
