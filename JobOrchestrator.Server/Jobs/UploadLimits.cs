using JobOrchestrator.Server.Webhooks;

namespace JobOrchestrator.Server.Jobs;

/// <summary>What an upload may ask for on this server, beside what its service says.</summary>
/// <param name="MaxUnpackedBytes">What an archive may unpack to.</param>
/// <param name="Webhooks">Whether there are webhooks.</param>
internal sealed record UploadLimits(long MaxUnpackedBytes, WebhookOptions Webhooks);
