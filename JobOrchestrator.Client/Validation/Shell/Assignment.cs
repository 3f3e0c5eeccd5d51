namespace JobOrchestrator.Client.Validation.Shell;

/// <summary><c>name=value</c>, <c>name+=value</c>, <c>name[index]=value</c>, <c>name=(…)</c>.</summary>
internal sealed record Assignment(string Name, Word? Index, bool Append, Word Value, IReadOnlyList<Word>? Elements);
