namespace JobOrchestrator.Contracts.Files;

/// <summary>One thing in an untrusted directory.</summary>
/// <param name="Path">Relative to the root, bytes as the file system has them, without an end mark.</param>
/// <param name="Status">As it was when it was listed; null when it was gone by then.</param>
internal readonly record struct TreeEntry(byte[] Path, FileStatus? Status);
