using System.Net;
using System.Net.Sockets;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.Files;

namespace JobOrchestrator.Server.Clients;

/// <summary>
/// How requests go to client nodes: kept-alive connections, short limits on control calls, limits on standing still for transfers. There is no
/// retry here: a submission is repeated as a new attempt, on record and preferably elsewhere, not behind everybody's back.
/// </summary>
internal sealed class ClientHttp(HttpClient http, TimeProvider clock)
{
    private static readonly TimeSpan ControlLimit = TimeSpan.FromSeconds(10);
    private const int CopyBufferBytes = 1 << 18;

    public TimeProvider Clock => clock;

    /// <summary>Longest time no byte of a transfer moves.</summary>
    public TimeSpan StandstillLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest time one job's files may take to or from a node, however steadily they come.</summary>
    public TimeSpan TransferLimit { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The connections all nodes share. The overall time limit of <see cref="HttpClient"/> is off: calls have their own.</summary>
    public static HttpClient CreateHttpClient(ClientSecret? secret) => new(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(3),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestHeaders = { Authorization = secret?.Header },
    };

    /// <summary>A short call; the answer's body is read by <paramref name="read"/> within the same limit.</summary>
    public async Task<T> CallAsync<T>(
        HttpMethod method, Uri address, Func<HttpResponseMessage, CancellationToken, Task<T>> read,
        CancellationToken cancellationToken, TimeSpan? limit = null, Func<HttpContent>? content = null)
    {
        using var timeout = new CancellationTokenSource(limit ?? ControlLimit, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        return await GuardAsync(address, async () =>
        {
            using var request = new HttpRequestMessage(method, address);
            request.Content = content?.Invoke();
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, linked.Token);
            ThrowIfNotObeyed(address, response);
            return await read(response, linked.Token);
        }, cancellationToken);
    }

    /// <summary>Sends a job's files.</summary>
    public async Task<T> UploadAsync<T>(
        HttpMethod method, Uri address, string directory, ExecutionRequest? request,
        Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        using var progress = new ProgressTimeout(StandstillLimit, TransferLimit, clock, cancellationToken);
        return await GuardAsync(address, async () =>
        {
            using var message = new HttpRequestMessage(method, address);
            message.Content = new JobUploadContent(directory, request, progress);
            using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, progress.Token);
            return await read(response, progress.Token);
        }, cancellationToken);
    }

    /// <summary>Fetches a ZIP into a new file, fsynced and checked to be whole. False when the node says that there is none.</summary>
    public async Task<bool> DownloadAsync(Uri address, string path, CancellationToken cancellationToken)
    {
        using var progress = new ProgressTimeout(StandstillLimit, TransferLimit, clock, cancellationToken);
        return await GuardAsync(address, async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, progress.Token);
            if (!IsZip(response))
            {
                // "Not found", or another document in its place, is an answer; an error is not, and may pass.
                return response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.NotFound
                    ? false
                    : throw new ClientException(EndReason.CollectFailed, $"{address} answered {(int)response.StatusCode} {response.ReasonPhrase}");
            }

            File.Delete(path);
            try
            {
                await using var body = new ReportingStream(await response.Content.ReadAsStreamAsync(progress.Token), progress);
                await DurableFile.WriteAsync(path, body, progress.Token);
                FaultPoints.Reached(FaultPoints.CollectHalf);
                ZipCheck.ThrowIfTruncated(path);
                return true;
            }
            catch
            {
                File.Delete(path);
                throw;
            }
        }, cancellationToken);
    }

    /// <summary>Passes a ZIP on as it comes. <paramref name="target"/> is called once it is sure that there is one.</summary>
    public async Task<bool> CopyAsync(Uri address, Func<Stream> target, CancellationToken cancellationToken)
    {
        using var progress = new ProgressTimeout(StandstillLimit, TransferLimit, clock, cancellationToken);
        return await GuardAsync(address, async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, progress.Token);
            if (!IsZip(response))
            {
                return false;
            }

            await using var body = new ReportingStream(await response.Content.ReadAsStreamAsync(progress.Token), progress);
            await body.CopyToAsync(target(), CopyBufferBytes, progress.Token);
            return true;
        }, cancellationToken);
    }

    /// <summary>Passes a file on as it comes; false when there is none. <paramref name="target"/> is told its length.</summary>
    public async Task<bool> CopyFileAsync(Uri address, Func<long?, Stream> target, CancellationToken cancellationToken)
    {
        using var progress = new ProgressTimeout(StandstillLimit, TransferLimit, clock, cancellationToken);
        return await GuardAsync(address, async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, progress.Token);
            if (response.StatusCode == HttpStatusCode.NotFound)
            {
                return false;
            }

            ThrowIfNotObeyed(address, response);
            response.EnsureSuccessStatusCode();
            await using var body = new ReportingStream(await response.Content.ReadAsStreamAsync(progress.Token), progress);
            await body.CopyToAsync(target(response.Content.Headers.ContentLength), CopyBufferBytes, progress.Token);
            return true;
        }, cancellationToken);
    }

    /// <summary>Opens a stream without a time limit (the event stream); the caller disposes the answer.</summary>
    public Task<HttpResponseMessage> OpenAsync(Uri address, CancellationToken cancellationToken) =>
        GuardAsync(
            address,
            () => http.SendAsync(new HttpRequestMessage(HttpMethod.Get, address), HttpCompletionOption.ResponseHeadersRead, cancellationToken),
            cancellationToken);

    private static void ThrowIfNotObeyed(Uri address, HttpResponseMessage response)
    {
        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            throw new ClientException(EndReason.ClientFailed, $"{address} does not obey this server: {ClientSecret.Setting} differs between the two");
        }
    }

    private static bool IsZip(HttpResponseMessage response) =>
        response.IsSuccessStatusCode && response.Content.Headers.ContentType?.MediaType == "application/zip";

    /// <summary>Says of every failure whose it is: the caller's cancellation passes, everything else is the client node's.</summary>
    private static async Task<T> GuardAsync<T>(Uri address, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            || e.InnerException is SocketException)
        {
            throw new ClientException(EndReason.ClientUnreachable, $"Cannot reach {address}: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ClientException(EndReason.ClientUnreachable, $"No answer in time from {address}", e);
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException or InvalidDataException or System.Text.Json.JsonException)
        {
            throw new ClientException(EndReason.ClientFailed, $"{address} broke off or answered nonsense: {e.Message}", e);
        }
    }
}
