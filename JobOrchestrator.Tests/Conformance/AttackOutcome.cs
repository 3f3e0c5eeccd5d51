using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Tests.Conformance;

/// <summary>What became of an attack.</summary>
/// <param name="Report">How it ended.</param>
/// <param name="Stdout">What it said.</param>
/// <param name="Stderr">What it complained about.</param>
/// <param name="Result">Entries of its result: name → text.</param>
/// <param name="Leftovers">Processes of it that were there after the end.</param>
/// <param name="Tier">The tier it ran in.</param>
/// <param name="Token">The run's own word.</param>
internal sealed record AttackOutcome(
    ExecutionReport Report, string Stdout, string Stderr, IReadOnlyDictionary<string, string> Result, IReadOnlyCollection<string> Leftovers, string Tier,
    string Token)
{
    /// <summary>The last <c>result=</c> line, or <see cref="AttackCase.Nothing"/>.</summary>
    public string Word => Stdout.Split('\n').LastOrDefault(l => l.StartsWith("result=", StringComparison.Ordinal))?["result=".Length..] ?? AttackCase.Nothing;

    public string Notes => Result.GetValueOrDefault("orchestrator-notes.txt", "");
}
