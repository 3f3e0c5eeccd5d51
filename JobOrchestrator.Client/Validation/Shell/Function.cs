namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>A function that the script defines.</summary>
/// <param name="Node">Its definition; null when there are so many that only the text is kept, which is read again for each call.</param>
/// <param name="Source">Where it stands.</param>
/// <param name="Hash">Fingerprint of its text.</param>
/// <param name="TakesPlace">Whether it is surely defined, so that it takes the place of a program of the same name.</param>
internal readonly record struct Function(CompoundNode? Node, FunctionSource Source, ulong Hash, bool TakesPlace);
