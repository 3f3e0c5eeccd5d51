using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace JobOrchestrator.Tests.Support;

/// <summary>Takes whatever is exported by OTLP over HTTP and keeps the bytes.</summary>
internal sealed class OtlpSinkDouble : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly MemoryStream _received;

    private OtlpSinkDouble(WebApplication app, MemoryStream received) => (_app, _received) = (app, received);

    public string Address => _app.Urls.First();

    /// <summary>Everything received so far, bytes as Latin-1.</summary>
    public string Received
    {
        get
        {
            lock (_received)
            {
                return System.Text.Encoding.Latin1.GetString(_received.ToArray());
            }
        }
    }

    public static async Task<OtlpSinkDouble> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var received = new MemoryStream();
        app.MapPost("/v1/{signal}", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            lock (received)
            {
                received.Write(body.ToArray());
            }
        });
        await app.StartAsync();
        return new OtlpSinkDouble(app, received);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _received.DisposeAsync();
    }
}
