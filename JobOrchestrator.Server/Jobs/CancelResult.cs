namespace JobOrchestrator.Server.Jobs;

/// <summary>Outcome of a cancellation.</summary>
/// <param name="Job">The job as it is now; null when there is none of that id.</param>
/// <param name="Changed">Whether this call is what ended it.</param>
internal readonly record struct CancelResult(Job? Job, bool Changed);
