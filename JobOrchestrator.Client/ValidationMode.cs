namespace JobOrchestrator.Client;

/// <summary>What is done with a script the validator objects to.</summary>
internal enum ValidationMode
{
    /// <summary>It does not run.</summary>
    Enforce,

    /// <summary>It runs; the objections are logged.</summary>
    Warn,

    /// <summary>Nobody looks.</summary>
    Off,
}
