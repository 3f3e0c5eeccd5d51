namespace JobOrchestrator.Client.Sandbox;

/// <summary>What a probe found of a tier.</summary>
/// <param name="Problem">Why it cannot be used; null when it holds.</param>
/// <param name="Notes">What it leaves open here that it closes elsewhere; sentences.</param>
internal sealed record ProbeFinding(string? Problem, IReadOnlyList<string> Notes);
