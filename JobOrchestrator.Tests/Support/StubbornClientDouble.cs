using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Executions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace JobOrchestrator.Tests.Support;

/// <summary>
/// A client that speaks our protocol and does what the test says: takes executions or refuses them, claims any state for as long as it likes,
/// and hangs where it is told to.
/// </summary>
internal sealed class StubbornClientDouble : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<(int JobId, int Attempt), ExecutionState> _executions = new();
    private readonly ConcurrentDictionary<int, string?> _uploads = new();
    private readonly CancellationTokenSource _stop = new();
    private CancellationTokenSource _stream = new();
    private int _streams;
    private int _asked;

    private StubbornClientDouble(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    /// <summary>Attempts that came in, in order.</summary>
    public ConcurrentQueue<(int JobId, int Attempt)> Submitted { get; } = [];

    /// <summary>Attempts whose end was asked for.</summary>
    public ConcurrentQueue<(int JobId, int Attempt)> Killed { get; } = [];

    /// <summary>The status code of a submission; null takes it.</summary>
    public int? Refusal { get; set; }

    /// <summary>State a new execution is in.</summary>
    public ExecutionState InitialState { get; set; } = ExecutionState.Prepared;

    /// <summary>Ends of paths that get no answer: <c>/result</c>, <c>/kill</c>.</summary>
    public string? HangsAt { get; set; }

    /// <summary>Whether it says that it takes no more work.</summary>
    public bool Draining { get; set; }

    /// <summary>Streams of events that were opened so far.</summary>
    public int Streams => Volatile.Read(ref _streams);

    /// <summary>Questions about one execution so far.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public static async Task<StubbornClientDouble> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        var app = builder.Build();
        var client = new StubbornClientDouble(app);
        app.Use(client.HangAsync);
        app.UseRouting();
        app.MapGet("/status", context => WriteAsync(context, client.Status(), ContractsJson.Default.ClientStatus));
        app.MapGet("/executions", context => WriteAsync(
            context, [.. client._executions.Select(e => client.Report(e.Key, e.Value))], ContractsJson.Default.IReadOnlyListExecutionReport));
        app.MapGet("/events", client.StreamAsync);
        app.MapPut("/executions/{job}/{attempt}", client.PutAsync);
        app.MapGet("/executions/{job}/{attempt}", context =>
        {
            Interlocked.Increment(ref client._asked);
            return client.GetAsync(context);
        });
        app.MapPost("/executions/{job}/{attempt}/kill", context =>
        {
            client.Killed.Enqueue(client.KeyOf(context));
            return client.GetAsync(context);
        });
        app.MapPost("/executions/release", async context =>
        {
            var names = (await JsonSerializer.DeserializeAsync(context.Request.Body, ContractsJson.Default.IReadOnlyListExecutionName))!;
            foreach (var name in names)
            {
                client._executions.TryRemove((name.JobId, name.Attempt), out _);
            }

            await WriteAsync(context, [], ContractsJson.Default.IReadOnlyListExecutionName); // none of them is alive any more
        });
        app.MapDelete("/executions/{job}/{attempt}", context =>
        {
            client._executions.TryRemove(client.KeyOf(context), out _);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        });
        await app.StartAsync();
        return client;
    }

    public void Set(int job, int attempt, ExecutionState state) => _executions[(job, attempt)] = state;

    /// <summary>Knows nothing of an execution any more.</summary>
    public void Forget(int job, int attempt) => _executions.TryRemove((job, attempt), out _);

    /// <summary>Cuts the streams of events that are open.</summary>
    public async Task CutStreamsAsync()
    {
        using var cut = Interlocked.Exchange(ref _stream, new CancellationTokenSource());
        await cut.CancelAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _stream.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _stop.Dispose();
    }

    private async Task HangAsync(HttpContext context, RequestDelegate next)
    {
        if (HangsAt is { } path && context.Request.Path.Value!.EndsWith(path, StringComparison.Ordinal))
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, context.RequestAborted);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        await next(context);
    }

    private ClientStatus Status() => new()
    {
        Name = "stubborn",
        Epoch = "only",
        Version = "0",
        Slots = 4,
        Running = _executions.Count,
        Queued = 0,
        Cpu = 0,
        MemoryUsed = 0,
        MemoryTotal = 1,
        DiskFree = long.MaxValue,
        SandboxTier = "process",
        Draining = Draining,
    };

    private async Task StreamAsync(HttpContext context)
    {
        await context.Response.WriteAsync(
            JsonSerializer.Serialize(new ExecutionEvent("only", 0, Reset: true), ContractsJson.Default.ExecutionEvent) + "\n");
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, _stream.Token, context.RequestAborted);
        await context.Response.Body.FlushAsync();
        Interlocked.Increment(ref _streams);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task PutAsync(HttpContext context)
    {
        await context.Request.Body.CopyToAsync(Stream.Null);
        Submitted.Enqueue(KeyOf(context));
        if (Refusal is { } code)
        {
            context.Response.StatusCode = code;
            return;
        }

        _executions[KeyOf(context)] = InitialState;
        await GetAsync(context);
    }

    private Task GetAsync(HttpContext context)
    {
        if (_executions.TryGetValue(KeyOf(context), out var state))
        {
            return WriteAsync(context, Report(KeyOf(context), state), ContractsJson.Default.ExecutionReport);
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private (int JobId, int Attempt) KeyOf(HttpContext context)
    {
        var job = Number(context, "job");
        _uploads[job] = context.Request.Query["upload"];
        return (job, Number(context, "attempt"));
    }

    private static int Number(HttpContext context, string name) => int.Parse((string)context.GetRouteValue(name)!, CultureInfo.InvariantCulture);

    private ExecutionReport Report((int JobId, int Attempt) key, ExecutionState state) => new()
    {
        Upload = _uploads.GetValueOrDefault(key.JobId),
        JobId = key.JobId,
        Attempt = key.Attempt,
        State = state,
        Reason = state.IsFinal() ? EndReason.Exited : EndReason.None,
        AcceptedAt = TimeProvider.System.GetUtcNow(),
    };

    private static Task WriteAsync<T>(HttpContext context, T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(JsonSerializer.Serialize(value, type));
    }
}
