namespace JobOrchestrator.Client.Sandbox;

/// <summary>The sandbox failed, not the script: it could not be started, or its launcher is gone without a result.</summary>
internal sealed class SandboxException(string message, Exception? inner = null) : Exception(message, inner);
