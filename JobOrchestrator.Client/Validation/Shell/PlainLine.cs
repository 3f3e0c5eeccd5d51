namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Whether a line without anything special in it need not be looked at.</summary>
internal delegate bool PlainLine(ReadOnlySpan<char> line);
