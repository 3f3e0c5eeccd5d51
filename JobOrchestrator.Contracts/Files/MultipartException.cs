namespace JobOrchestrator.Contracts.Files;

/// <summary>The request's multipart body cannot be read; the message says what is wrong with it, fit for the sender's eyes.</summary>
public sealed class MultipartException(string message, Exception? inner = null) : Exception(message, inner);
