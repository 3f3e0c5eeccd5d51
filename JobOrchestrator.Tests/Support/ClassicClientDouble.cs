using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace JobOrchestrator.Tests.Support;

/// <summary>
/// A client that speaks the classic surface and nothing else, strict about what it is sent, echoing the input as the classic program does.
/// It runs nothing: the test says what becomes of each payload.
/// </summary>
internal sealed class ClassicClientDouble : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<int, Entry> _payloads = new();
    private int _lastId;
    private int _cuts;

    private ClassicClientDouble(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    /// <summary>Settings of a server whose service "example" is this client's.</summary>
    public string[] ServiceSettings =>
    [
        $"SERVICE_EXAMPLE_UPLOAD_URL={Address}/submit",
        $"SERVICE_EXAMPLE_DOWNLOAD_URL={Address}/retrieve",
        $"SERVICE_EXAMPLE_TERMINATE_URL={Address}/kill",
    ];

    public IReadOnlyCollection<int> Payloads => [.. _payloads.Keys.Order()];

    public static async Task<ClassicClientDouble> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        var app = builder.Build();
        var client = new ClassicClientDouble(app);
        app.UseRouting();
        app.MapGet("/", context => context.Response.WriteAsync("""{"message":"pong"}"""));
        app.MapGet("/load", context => context.Response.WriteAsync("12.5"));
        app.MapPost("/submit", client.SubmitAsync);
        app.MapGet("/retrieve/{id}", client.RetrieveAsync);
        app.MapPost("/kill/{id}", client.KillAsync);
        await app.StartAsync();
        return client;
    }

    /// <summary>Files a payload came with.</summary>
    public IReadOnlyDictionary<string, string> FilesOf(int id) => _payloads[id].Files;

    public bool WasKilled(int id) => _payloads[id].Killed;

    public void Set(int id, string status) => _payloads[id].Status = status;

    /// <summary>From now on questions about a payload are not answered, until <see cref="Set"/> says something new of it.</summary>
    public void Hang(int id) => _payloads[id].Status = "Hanging";

    /// <summary>Lets the next results be cut short.</summary>
    public void CutResults(int count) => _cuts = count;

    public int CutsLeft => Math.Max(0, Volatile.Read(ref _cuts));

    /// <summary>The client lost its records.</summary>
    public void Forget(int id) => _payloads.TryRemove(id, out _);

    /// <summary>Waits until this many payloads have arrived.</summary>
    public async Task<int> ArrivedAsync(int count)
    {
        while (_payloads.Count < count)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        return Payloads.Last();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task SubmitAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        if (form.Count > 0 || form.Files.Count == 0 || form.Files.Any(f => Path.GetFileName(f.Name) != f.FileName))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        var entry = new Entry();
        foreach (var file in form.Files)
        {
            using var reader = new StreamReader(file.OpenReadStream());
            entry.Files[file.Name] = await reader.ReadToEndAsync();
        }

        var id = Interlocked.Increment(ref _lastId);
        _payloads[id] = entry;
        await WriteAsync(context, id, entry);
    }

    private async Task RetrieveAsync(HttpContext context)
    {
        if (Find(context) is not { } found)
        {
            return;
        }

        if (found.Entry.Status == "Hanging")
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        if (found.Entry.Status != "Completed")
        {
            await WriteAsync(context, found.Id, found.Entry);
            return;
        }

        using var zip = new MemoryStream();
        await using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, text) in found.Entry.Files)
            {
                await using var writer = new StreamWriter(archive.CreateEntry(name).Open());
                await writer.WriteAsync(text);
            }
        }

        context.Response.ContentType = "application/zip";

        // The server also asks for the state here, and leaves the body: a cut counts when the body was really taken.
        var bytes = zip.ToArray();
        var cut = Volatile.Read(ref _cuts) > 0;
        await context.Response.Body.WriteAsync(cut ? bytes.AsMemory(0, bytes.Length / 2) : bytes);
        if (cut)
        {
            Interlocked.Decrement(ref _cuts);
        }
    }

    private Task KillAsync(HttpContext context)
    {
        if (Find(context) is { } found)
        {
            found.Entry.Killed = true;
            found.Entry.Status = "Killed";
        }

        return Task.CompletedTask;
    }

    private (int Id, Entry Entry)? Find(HttpContext context)
    {
        if (int.TryParse((string)context.GetRouteValue("id")!, out var id) && _payloads.TryGetValue(id, out var entry))
        {
            return (id, entry);
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return null;
    }

    private static Task WriteAsync(HttpContext context, int id, Entry entry)
    {
        context.Response.ContentType = "application/json";
        var input = entry.Files.ToDictionary(f => f.Key, f => f.Value.Select(c => (int)c));
        return context.Response.WriteAsync(JsonSerializer.Serialize(
            new { id, input, status = entry.Status, loc = $"/data/{id}", pid = 0, killed = entry.Killed }));
    }

    private sealed class Entry
    {
        public Dictionary<string, string> Files { get; } = new(StringComparer.Ordinal);

        public string Status { get; set; } = "Prepared";

        public bool Killed { get; set; }
    }
}
