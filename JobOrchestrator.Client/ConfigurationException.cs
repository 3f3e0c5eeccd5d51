namespace JobOrchestrator.Client;

/// <summary>The configuration cannot be used. The message lists every error, so that one look mends them all.</summary>
internal sealed class ConfigurationException(IReadOnlyList<string> errors)
    : Exception("The configuration has errors:" + string.Concat(errors.Select(e => $"{Environment.NewLine}  - {e}")));
