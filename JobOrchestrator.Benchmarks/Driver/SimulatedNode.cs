using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using JobOrchestrator.Client.Executions;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.Files;
using Microsoft.AspNetCore.Http;

namespace JobOrchestrator.Benchmarks.Driver;

/// <summary>
/// What a server meets of a client node of ours, and nothing behind it: an execution ends as soon as its files are there, with a result that is the same for all.
/// </summary>
internal sealed class SimulatedNode(string name, int slots, byte[] result)
{
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(15);

    private readonly ExecutionEvents _events = new();
    private readonly ConcurrentDictionary<ExecutionKey, ExecutionReport> _executions = new();

    /// <summary>Answers a call of the surface between server and client (<c>WIRE.md</c>), as far as a server makes use of it here.</summary>
    /// <param name="call">The call.</param>
    /// <param name="arrived">Is told of the job of a new execution when its files are there.</param>
    /// <param name="stopping">Ends the streams of events.</param>
    public Task AnswerAsync(HttpContext call, Action<int> arrived, CancellationToken stopping)
    {
        var (ended, response) = (call.RequestAborted, call.Response);
        var path = call.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return (call.Request.Method, path) switch
        {
            ("GET", ["status"]) => response.WriteAsJsonAsync(Status(), ContractsJson.Default.ClientStatus, cancellationToken: ended),
            ("GET", ["events"]) => StreamAsync(call, stopping),
            ("GET", ["executions"]) => response.WriteAsJsonAsync(
                [.. _executions.Values], ContractsJson.Default.IReadOnlyListExecutionReport, cancellationToken: ended),
            ("POST", ["executions", "release"]) => ReleaseAsync(call),
            ("PUT", ["executions", var job, var attempt]) => TakeAsync(call, KeyOf(call, job, attempt), arrived),
            ("GET", ["executions", var job, var attempt]) when _executions.TryGetValue(KeyOf(call, job, attempt), out var report) =>
                response.WriteAsJsonAsync(report, ContractsJson.Default.ExecutionReport, cancellationToken: ended),
            ("GET", ["executions", var job, var attempt, "result"]) when _executions.ContainsKey(KeyOf(call, job, attempt)) => SendResultAsync(call),
            _ => RefuseAsync(call),
        };
    }

    private static ExecutionKey KeyOf(HttpContext call, string job, string attempt) => new(
        int.Parse(job, CultureInfo.InvariantCulture), int.Parse(attempt, CultureInfo.InvariantCulture), call.Request.Query["upload"]);

    private static Task RefuseAsync(HttpContext call)
    {
        call.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private ClientStatus Status() => new()
    {
        Name = name,
        Epoch = _events.Epoch,
        Version = "0.0.0",
        Slots = slots,
        Running = 0,
        Queued = 0,
        Cpu = 10,
        MemoryUsed = 1L << 30,
        MemoryTotal = 1L << 34,
        DiskFree = 1L << 40,
        SandboxTier = "landlock",
        Draining = false,
    };

    private async Task TakeAsync(HttpContext call, ExecutionKey key, Action<int> arrived)
    {
        var parts = MultipartParts.Open(call.Request);
        while (await parts.ReadNextAsync(call.RequestAborted) is { } part)
        {
            await part.Body.CopyToAsync(Stream.Null, call.RequestAborted);
        }

        arrived(key.JobId);
        var now = DateTimeOffset.UtcNow;
        var accepted = new ExecutionReport { JobId = key.JobId, Attempt = key.Attempt, Upload = key.Upload, State = ExecutionState.Prepared, AcceptedAt = now };
        var ended = accepted with
        {
            State = ExecutionState.Completed,
            StartedAt = now,
            EndedAt = now,
            ExitCode = 0,
            SandboxTier = "landlock",
            CpuSeconds = 0.001,
            PeakMemoryBytes = 1 << 20,
        };
        call.Response.StatusCode = _executions.TryAdd(key, ended) ? StatusCodes.Status201Created : StatusCodes.Status200OK;
        await call.Response.WriteAsJsonAsync(accepted, ContractsJson.Default.ExecutionReport, cancellationToken: call.RequestAborted);
        await call.Response.CompleteAsync();
        if (call.Response.StatusCode == StatusCodes.Status201Created)
        {
            _events.Publish(ended);
        }
    }

    private async Task ReleaseAsync(HttpContext call)
    {
        foreach (var name in await call.Request.ReadFromJsonAsync(ContractsJson.Default.IReadOnlyListExecutionName, call.RequestAborted) ?? [])
        {
            _executions.TryRemove(new ExecutionKey(name.JobId, name.Attempt, name.Upload), out _);
        }

        await call.Response.WriteAsJsonAsync([], ContractsJson.Default.IReadOnlyListExecutionName, cancellationToken: call.RequestAborted);
    }

    private Task SendResultAsync(HttpContext call)
    {
        call.Response.ContentType = "application/zip";
        return call.Response.Body.WriteAsync(result, call.RequestAborted).AsTask();
    }

    private async Task StreamAsync(HttpContext call, CancellationToken stopping)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(call.RequestAborted, stopping);
        var (query, body) = (call.Request.Query, call.Response.Body);
        call.Response.ContentType = "application/x-ndjson";
        var opening = _events.Open(query["epoch"], long.TryParse(query["after"], CultureInfo.InvariantCulture, out var after) ? after : -1);
        var inlines = int.TryParse(query["inline"], CultureInfo.InvariantCulture, out var inline) && inline >= result.Length;
        var position = opening.Sequence;
        try
        {
            await WriteLineAsync(opening);
            await body.FlushAsync(ended.Token);
            while (true)
            {
                var (news, more) = _events.After(position);
                foreach (var item in news)
                {
                    await WriteLineAsync(inlines ? item with { Result = result } : item);
                    position = item.Sequence;
                }

                if (news.Count == 0 && await Task.WhenAny(more, Task.Delay(SignOfLife, ended.Token)) != more)
                {
                    ended.Token.ThrowIfCancellationRequested();
                    await body.WriteAsync("\n"u8.ToArray(), ended.Token);
                }

                await body.FlushAsync(ended.Token);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The server left, or the simulation ends.
        }

        async Task WriteLineAsync(ExecutionEvent item) => await body.WriteAsync(
            (byte[])[.. JsonSerializer.SerializeToUtf8Bytes(item, ContractsJson.Default.ExecutionEvent), (byte)'\n'], ended.Token);
    }
}
