namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Whether a command without anything special in it need not be looked at.</summary>
internal delegate bool PlainCommand(ReadOnlySpan<char> command);
