using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace JobOrchestrator.Benchmarks.Driver;

/// <summary>Takes what is exported by OTLP over HTTP, and only counts it.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, long> _bytes = new(StringComparer.Ordinal);

    private OtlpCollector(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    public static async Task<OtlpCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new OtlpCollector(builder.Build());
        collector._app.MapPost("/v1/{signal}", collector.TakeAsync);
        await collector._app.StartAsync();
        return collector;
    }

    /// <summary>Bytes of <c>traces</c>, <c>metrics</c> or <c>logs</c> so far.</summary>
    public long Bytes(string signal) => _bytes.GetValueOrDefault(signal);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(string signal, HttpRequest request)
    {
        var buffer = new byte[1 << 16];
        for (int read; (read = await request.Body.ReadAsync(buffer)) > 0;)
        {
            _bytes.AddOrUpdate(signal, read, (_, before) => before + read);
        }
    }
}
