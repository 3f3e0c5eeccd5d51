// Submits a directory as a job, follows its output, and downloads the result. Needs the .NET SDK only:
//   dotnet run client.cs -- <server> <service> <user id> <directory> <result.zip>
// Set KEY to send an API key. The exit code is 0 when the job completed.
using System.Formats.Tar;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json;

var (server, service, user, directory, result) = (args[0], args[1], args[2], args[3], args[4]);
using var http = new HttpClient { BaseAddress = new Uri(server + "/api/v1/"), Timeout = Timeout.InfiniteTimeSpan };
if (Environment.GetEnvironmentVariable("KEY") is { Length: > 0 } key)
{
    http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
}

var job = await SubmitAsync();
Console.Error.WriteLine($"job {job}");
using var end = await FollowAsync();
var state = end.RootElement.GetProperty("state").GetString();
Console.Error.WriteLine($"{state} {end.RootElement.GetProperty("message")}");
await DownloadAsync();
return state == "completed" ? 0 : 1;

async Task<int> SubmitAsync()
{
    using var archive = new MemoryStream();
    await using (var gzip = new GZipStream(archive, CompressionLevel.Fastest, leaveOpen: true))
    {
        await TarFile.CreateFromDirectoryAsync(directory, gzip, includeBaseDirectory: false);
    }

    archive.Position = 0;
    using var form = new MultipartFormDataContent
    {
        { new StringContent(user), "user_id" },
        { new StringContent(service), "service" },
        { new StreamContent(archive), "archive", "job.tar.gz" },
    };
    using var request = new HttpRequestMessage(HttpMethod.Post, "jobs") { Content = form };
    request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
    using var answer = await http.SendAsync(request);
    var text = await answer.Content.ReadAsStringAsync();
    if (!answer.IsSuccessStatusCode)
    {
        throw new InvalidOperationException(text); // problem details: "detail" says how to mend it
    }

    using var json = JsonDocument.Parse(text);
    return json.RootElement.GetProperty("id").GetInt32();
}

// Prints the output as it comes; goes on where it was when the connection breaks.
async Task<JsonDocument> FollowAsync()
{
    string? last = null;
    while (true)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"jobs/{job}/logs?follow=true");
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (last is not null)
        {
            request.Headers.Add("Last-Event-ID", last);
        }

        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        try
        {
            await foreach (var item in SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync())
            {
                last = item.EventId ?? last;
                var data = JsonDocument.Parse(item.Data);
                if (item.EventType == "end")
                {
                    return data;
                }

                Console.Write(data.RootElement.GetProperty("text").GetString());
                data.Dispose();
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System); // the server restarts
        }
    }
}

async Task DownloadAsync()
{
    await using var file = File.Create(result);
    await using var body = await http.GetStreamAsync($"jobs/{job}/result");
    await body.CopyToAsync(file);
}
