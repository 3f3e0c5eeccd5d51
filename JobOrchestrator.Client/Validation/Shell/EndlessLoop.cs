namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>What a loop without end comes to.</summary>
internal enum EndlessLoop
{
    /// <summary>Processor time without a result.</summary>
    Spins,

    /// <summary>A full disk or memory.</summary>
    Fills,
}
