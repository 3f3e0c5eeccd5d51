using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JobOrchestrator.Tests.Support;

/// <summary>Reads server-sent events with the framework's own parser.</summary>
internal static class SseReader
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The events of a stream, as they come; a stream that breaks off ends.</summary>
    public static async IAsyncEnumerable<SseItem<string>> EventsAsync(
        this HttpClient http, string path, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1" + path);
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {(answer.IsSuccessStatusCode ? "" : await answer.Content.ReadAsStringAsync(Cancellation))}");
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        await using var body = await answer.Content.ReadAsStreamAsync(Cancellation);
        await using var events = SseParser.Create(body).EnumerateAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        while (await MoveAsync(events))
        {
            yield return events.Current;
        }
    }

    public static T Data<T>(this SseItem<string> item, JsonTypeInfo<T> type) => JsonSerializer.Deserialize(item.Data, type)!;

    private static async Task<bool> MoveAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return false;
        }
    }
}
