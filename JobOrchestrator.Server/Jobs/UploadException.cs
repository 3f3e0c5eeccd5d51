namespace JobOrchestrator.Server.Jobs;

/// <summary>An upload is refused; the message is for the sender, who gets it with the status code.</summary>
internal sealed class UploadException(int statusCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int StatusCode { get; } = statusCode;
}
