namespace JobOrchestrator.Client.Validation.Shell;

/// <summary><c>name=value</c>, <c>name+=value</c>, <c>name[index]=value</c>, <c>name=(…)</c>.</summary>
/// <param name="Name">Of the variable.</param>
/// <param name="Index">Of the element, if it is one.</param>
/// <param name="Append">Whether the value is put behind what is there.</param>
/// <param name="Value">What is assigned; empty where it is elements.</param>
/// <param name="Elements">Of the array, if it is one.</param>
/// <param name="Keys">One for each of the elements, empty for those without; null when none has one.</param>
internal sealed record Assignment(string Name, Word? Index, bool Append, Word Value, IReadOnlyList<Word>? Elements, IReadOnlyList<string>? Keys = null);
