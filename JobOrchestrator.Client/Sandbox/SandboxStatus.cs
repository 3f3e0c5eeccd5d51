using System.Diagnostics.CodeAnalysis;
using JobOrchestrator.Launcher;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace JobOrchestrator.Client.Sandbox;

/// <summary>The tier in force, as <see cref="SandboxSelection"/> found it; also the health check that tells.</summary>
internal sealed class SandboxStatus : IHealthCheck
{
    private const string NotYet = "The sandbox has not been tried yet.";

    /// <summary>Null when no acceptable tier works; then no script runs.</summary>
    public LaunchTier? Tier { get; private set; }

    /// <summary>Why no script runs; null when they do.</summary>
    public string? Problem { get; private set; } = NotYet;

    /// <summary>Why there is no stronger tier, and what the one in force leaves open here.</summary>
    public IReadOnlyList<string> Notes { get; private set; } = [];

    /// <summary>The tier's name, <c>none</c> without one.</summary>
    public string Name => NameOf(Tier) ?? "none";

    [return: NotNullIfNotNull(nameof(tier))]
    public static string? NameOf(LaunchTier? tier) => tier switch
    {
        LaunchTier.Process => "process",
        LaunchTier.Landlock => "landlock",
        LaunchTier.Bubblewrap => "bubblewrap",
        _ => null,
    };

    public void Set(LaunchTier? tier, string? problem, IReadOnlyList<string> notes) => (Tier, Problem, Notes) = (tier, problem, notes);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Problem is { } problem ? HealthCheckResult.Unhealthy(problem) : HealthCheckResult.Healthy(Name));
}
