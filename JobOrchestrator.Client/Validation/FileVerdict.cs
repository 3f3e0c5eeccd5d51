namespace JobOrchestrator.Client.Validation;

/// <summary>One line of <c>validate --json</c>.</summary>
/// <param name="File">As it was named.</param>
/// <param name="Verdict"><c>accepted</c> or <c>rejected</c>.</param>
/// <param name="Findings">By line.</param>
internal sealed record FileVerdict(string File, string Verdict, IReadOnlyList<Finding> Findings);
