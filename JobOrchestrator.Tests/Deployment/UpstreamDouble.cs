using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace JobOrchestrator.Tests.Deployment;

/// <summary>Stands where the server does behind the proxy, and says what reaches it and when.</summary>
internal sealed class UpstreamDouble : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TaskCompletionSource _firstBytes = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _nextEvent = new(0);

    private UpstreamDouble(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    /// <summary>Headers of the last request to each path.</summary>
    public ConcurrentDictionary<string, IReadOnlyDictionary<string, string>> Headers { get; } = new(StringComparer.Ordinal);

    /// <summary>Ends when some bytes of an upload have arrived.</summary>
    public Task FirstBytes => _firstBytes.Task;

    public static async Task<UpstreamDouble> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        var upstream = new UpstreamDouble(app);
        app.Use((context, next) =>
        {
            upstream.Headers[context.Request.Path] = context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            return next(context);
        });
        app.MapGet("/api/v1/events", upstream.SendEventsAsync);
        app.MapGet("/api/v1/jobs/{id}/logs", upstream.SendEventsAsync);
        app.MapGet("/{**path}", () => "answer");
        app.MapPost("/{**path}", upstream.CountAsync);
        await app.StartAsync();
        return upstream;
    }

    /// <summary>Lets the open stream send one event more.</summary>
    public void SendNextEvent() => _nextEvent.Release();

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _nextEvent.Dispose();
    }

    private async Task CountAsync(HttpContext context)
    {
        var buffer = new byte[1 << 16];
        long count = 0;
        int read;
        while ((read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0)
        {
            count += read;
            _firstBytes.TrySetResult();
        }

        await context.Response.WriteAsync($"{count}", context.RequestAborted);
    }

    private async Task SendEventsAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        for (var i = 1; ; i++)
        {
            await _nextEvent.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync($"data: {i}\n\n", context.RequestAborted);
        }
    }
}
