namespace JobOrchestrator.Server.Scheduling;

/// <summary>The classic way to name a client: one URL per call; <c>/{id}</c> is appended to the last two.</summary>
internal sealed record ClassicUrls(Uri Upload, Uri Download, Uri Terminate);
