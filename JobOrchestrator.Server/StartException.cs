namespace JobOrchestrator.Server;

/// <summary>The server cannot start as things are; the message names what is wrong, where, and how to mend it.</summary>
internal sealed class StartException(string message, Exception? inner = null) : Exception(message, inner);
