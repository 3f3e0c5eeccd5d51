using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using JobOrchestrator.Contracts.Classic;

namespace JobOrchestrator.Tests.Support;

/// <summary>The classic surface from a user's side.</summary>
internal static class ClassicCalls
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly ClassicStatus[] Waiting = [ClassicStatus.Queued, ClassicStatus.Processing, ClassicStatus.Submitted, ClassicStatus.Running];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Uploads, expects a 201 and returns the job's id.</summary>
    public static async Task<int> SubmitAsync(this HttpClient http, Form form)
    {
        var (code, body) = await http.UploadAsync(form.ToContent());
        Assert.Equal((HttpStatusCode.Created, ClassicStatus.Queued, "Job successfully uploaded"), (code, body.Status, body.Message));
        return body.Id;
    }

    public static async Task<(HttpStatusCode Code, StatusBody Body)> UploadAsync(this HttpClient http, HttpContent content)
    {
        using (content)
        {
            using var answer = await http.PostAsync("/upload", content, Cancellation);
            return (answer.StatusCode, await answer.StatusBodyAsync());
        }
    }

    public static async Task<(HttpStatusCode Code, StatusBody Body)> TerminateAsync(this HttpClient http, object id)
    {
        using var answer = await http.PostAsync($"/terminate/{id}", null, Cancellation);
        return (answer.StatusCode, await answer.StatusBodyAsync());
    }

    /// <summary>The job's status; <c>Completed</c> where a ZIP comes back instead.</summary>
    public static async Task<StatusBody> StatusAsync(this HttpClient http, int id)
    {
        using var answer = await http.GetAsync($"/download/{id}", Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return answer.Content.Headers.ContentType?.MediaType == "application/zip"
            ? new StatusBody(id, ClassicStatus.Completed, string.Empty)
            : await answer.StatusBodyAsync();
    }

    /// <summary>Asks until the job has ended; the test's own time limit ends a wait in vain.</summary>
    public static Task<StatusBody> EndAsync(this HttpClient http, int id) => http.UntilAsync(id, status => !Waiting.Contains(status.Status));

    public static async Task<StatusBody> UntilAsync(this HttpClient http, int id, Func<StatusBody, bool> condition)
    {
        while (true)
        {
            var status = await http.StatusAsync(id);
            if (condition(status))
            {
                return status;
            }

            Assert.False(status.Status == ClassicStatus.Invalid, status.Message); // nothing can come after it

            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }
    }

    /// <summary>Entries of the ZIP at an address: name and text.</summary>
    public static async Task<Dictionary<string, string>> ZipAsync(this HttpClient http, string address)
    {
        using var answer = await http.GetAsync(address, Cancellation);
        Assert.Equal("application/zip", answer.Content.Headers.ContentType?.MediaType);
        using var zip = new ZipArchive(await answer.Content.ReadAsStreamAsync(Cancellation));
        return zip.Entries.ToDictionary(e => e.FullName, Text, StringComparer.Ordinal);

        static string Text(ZipArchiveEntry entry)
        {
            using var reader = new StreamReader(entry.Open());
            return reader.ReadToEnd();
        }
    }

    public static async Task<StatusBody> StatusBodyAsync(this HttpResponseMessage answer)
    {
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        return (await answer.Content.ReadFromJsonAsync<StatusBody>(Cancellation))!;
    }
}
