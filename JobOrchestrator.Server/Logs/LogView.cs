namespace JobOrchestrator.Server.Logs;

/// <summary>How a <see cref="LogTail"/> stands.</summary>
/// <param name="Attempt">Whose output it holds; 0 before any.</param>
/// <param name="Start">Position of the first byte at hand.</param>
/// <param name="End">Position after the last byte.</param>
/// <param name="Ended">Whether there will be no more.</param>
/// <param name="More">Completes when any of this changes.</param>
internal readonly record struct LogView(int Attempt, long Start, long End, bool Ended, Task More);
