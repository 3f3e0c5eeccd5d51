namespace JobOrchestrator.Tests.Reliability;

/// <summary>A job as its sender remembers it.</summary>
/// <param name="Token">Unique; the script writes it into its result and into the ledger.</param>
/// <param name="Id">From the 201.</param>
/// <param name="UserId">Whose it is.</param>
/// <param name="ExitCode">What the script ends with when it is left alone.</param>
internal sealed record Submitted(string Token, int Id, int UserId, int ExitCode = 0)
{
    /// <summary>Somebody asked for its end.</summary>
    public bool Cancelled { get; set; }
}
