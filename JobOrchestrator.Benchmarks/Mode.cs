using JobOrchestrator.Benchmarks.Driver;

namespace JobOrchestrator.Benchmarks;

/// <summary>One thing to measure; adds its rows to the report.</summary>
internal delegate Task Mode(RunContext context);

/// <summary>What every mode is given.</summary>
/// <param name="Url">A program that runs already; null to start our own.</param>
/// <param name="Programs">What our own system is started from.</param>
/// <param name="Rounds">Rounds of each measurement.</param>
/// <param name="Report">Where the figures go.</param>
/// <param name="Cancellation">Ctrl+C.</param>
internal sealed record RunContext(Uri? Url, Programs Programs, int Rounds, Report Report, CancellationToken Cancellation)
{
    /// <summary>Whether a mode that starts something itself has to be left out, because a running program was given; says so.</summary>
    /// <param name="need">What the mode needs, as the beginning of a sentence.</param>
    public bool LeavesOut(string need)
    {
        if (Url is not null)
        {
            Report.Progress($"{need}; left out with --url.");
        }

        return Url is not null;
    }
}
