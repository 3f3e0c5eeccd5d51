namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Where the body of a function stands.</summary>
/// <param name="Text">The whole text.</param>
/// <param name="Start">Where the body begins in it.</param>
/// <param name="Line">1-based line of that place.</param>
internal readonly record struct FunctionSource(string Text, int Start, int Line);
