namespace JobOrchestrator.Client.Validation;

/// <summary>A kind of objection.</summary>
/// <param name="Id">Category and name.</param>
/// <param name="Severity">Unless tuned.</param>
/// <param name="What">What it is about, for the table in the documentation.</param>
/// <param name="Reason">For the user: why it is no good in a job, and what to do instead.</param>
internal sealed record Rule(string Id, Severity Severity, string What, string Reason);
