using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace JobOrchestrator.Tests.Support;

/// <summary>A receiver of webhooks that answers what the test says and keeps what it was sent.</summary>
internal sealed class WebhookReceiverDouble : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WebhookReceiverDouble(WebApplication app) => _app = app;

    public string Address => _app.Urls.First() + "/hook";

    /// <summary>Status codes of the answers to come; 200 when there is none left.</summary>
    public ConcurrentQueue<int> Answers { get; } = new();

    public ConcurrentQueue<(string Body, IHeaderDictionary Headers)> Received { get; } = new();

    public static async Task<WebhookReceiverDouble> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        var app = builder.Build();
        var receiver = new WebhookReceiverDouble(app);
        app.UseRouting();
        app.MapPost("/hook", async (HttpContext context) =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync(context.RequestAborted);
            context.Response.StatusCode = receiver.Answers.TryDequeue(out var status) ? status : StatusCodes.Status200OK;
            receiver.Received.Enqueue((body, new HeaderDictionary(context.Request.Headers.ToDictionary())));
        });
        await app.StartAsync();
        return receiver;
    }

    /// <summary>Waits until so many calls have come.</summary>
    public async Task<(string Body, IHeaderDictionary Headers)[]> CallsAsync(int count)
    {
        while (Received.Count < count)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        return [.. Received];
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
