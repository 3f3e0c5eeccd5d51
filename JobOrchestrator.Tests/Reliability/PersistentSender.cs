using System.Net;
using System.Net.Http.Json;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Reliability;

/// <summary>A sender that does not give up: it repeats what got no answer, under the same key, until it has one.</summary>
internal sealed class PersistentSender(Uri server) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient _http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2) })
    {
        BaseAddress = server,
        Timeout = TimeSpan.FromSeconds(10),
    };

    /// <summary>Submits until there is a 201; the job's id.</summary>
    public async Task<int> SubmitAsync(Form form, string key, CancellationToken cancellation)
    {
        while (true)
        {
            if (await TrySubmitAsync(form, key, cancellation) is { } id)
            {
                return id;
            }

            await Task.Delay(Pause, TimeProvider.System, cancellation);
        }
    }

    /// <summary>Submits once; null when no answer came, and nobody knows what became of it.</summary>
    public async Task<int?> TrySubmitAsync(Form form, string? key, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/upload") { Content = form.ToContent() };
        if (key is not null)
        {
            request.Headers.Add(Idempotency.HeaderName, key);
        }

        try
        {
            using var answer = await _http.SendAsync(request, cancellation);
            var body = (await answer.Content.ReadFromJsonAsync<StatusBody>(cancellation))!;
            return answer.StatusCode == HttpStatusCode.Created
                ? body.Id
                : throw new InvalidOperationException($"An upload was answered {(int)answer.StatusCode}: {body.Message}");
        }
        catch (Exception e) when (IsNoAnswer(e, cancellation))
        {
            return null;
        }
    }

    /// <summary>Asks for the job's end until there is an answer, whatever it is.</summary>
    public async Task CancelAsync(int id, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                using var answer = await _http.PostAsync($"/terminate/{id}", null, cancellation);
                Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.Conflict]);
                return;
            }
            catch (Exception e) when (IsNoAnswer(e, cancellation))
            {
                await Task.Delay(Pause, TimeProvider.System, cancellation);
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private static bool IsNoAnswer(Exception e, CancellationToken cancellation) =>
        e is HttpRequestException or IOException || e is OperationCanceledException && !cancellation.IsCancellationRequested;
}
