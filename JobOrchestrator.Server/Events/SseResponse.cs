using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JobOrchestrator.Server.Events;

/// <summary>
/// Writes server-sent events. Everything leaves at once. While nothing happens, <see cref="WriteSignOfLifeAsync"/> keeps proxies from cutting the
/// connection and tells the reader its position, so that a filtered stream, too, goes on where it was.
/// </summary>
internal sealed class SseResponse(HttpResponse response)
{
    public const string ContentType = "text/event-stream";

    /// <summary>Longest silence on a stream.</summary>
    public static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(15);

    private const int ReconnectMilliseconds = 1000;

    /// <summary>Where a reader was when its connection broke; null for a new one.</summary>
    public static string? LastEventId(HttpRequest request) =>
        request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } id ? id : null;

    /// <summary>Sends the headers, so that the reader knows that it is connected.</summary>
    public Task BeginAsync(CancellationToken cancellationToken)
    {
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-cache";
        response.Headers["X-Accel-Buffering"] = "no"; // nginx would hold events back
        return SendAsync($"retry: {ReconnectMilliseconds}\n\n", cancellationToken);
    }

    public Task WriteAsync<T>(string type, string id, T data, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken) =>
        SendAsync($"event: {type}\nid: {id}\ndata: {JsonSerializer.Serialize(data, typeInfo)}\n\n", cancellationToken);

    public Task WriteSignOfLifeAsync(string id, CancellationToken cancellationToken) => SendAsync($"id: {id}\n\n", cancellationToken);

    private async Task SendAsync(string text, CancellationToken cancellationToken)
    {
        await response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
    }
}
