namespace JobOrchestrator.Client.Validation.Code;

internal enum CodeTokenKind
{
    Name,
    Text,

    /// <summary>Text between backticks.</summary>
    Backticks,
    Symbol,

    /// <summary>End of a line.</summary>
    End,
}
