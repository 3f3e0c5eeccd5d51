using System.Net;
using System.Text.Json;

namespace JobOrchestrator.Tests.Support;

/// <summary>What a classic server does with a client: submits, and asks until there is a ZIP or an end. It refuses a payload without all six members.</summary>
internal sealed class ClassicServerDouble(HttpClient client)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Submits files: path in the job's directory, and content.</summary>
    public async Task<int> SubmitAsync(params (string Path, string Content)[] files)
    {
        var form = new Form();
        foreach (var (path, content) in files)
        {
            form.File(Path.GetFileName(path), content, field: path);
        }

        using var body = form.ToContent();
        using var answer = await client.PostAsync("/submit", body, Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var (id, status) = Parse(await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("Prepared", status);
        return id;
    }

    /// <summary>The status a payload ends with.</summary>
    public async Task<string> EndAsync(int id)
    {
        while (true)
        {
            using var answer = await client.GetAsync($"/retrieve/{id}", Cancellation);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            if (answer.Content.Headers.ContentType?.MediaType == "application/zip")
            {
                return "Completed";
            }

            var (same, status) = Parse(await answer.Content.ReadAsStringAsync(Cancellation));
            Assert.Equal(id, same);
            if (status is not ("Prepared" or "Running"))
            {
                return status;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancellation);
        }
    }

    private static (int Id, string Status) Parse(string json)
    {
        using var payload = JsonDocument.Parse(json);
        var members = payload.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.ValueKind);
        Assert.Equal(6, members.Count);
        Assert.Equal(
            (JsonValueKind.Number, JsonValueKind.Object, JsonValueKind.String, JsonValueKind.String, JsonValueKind.Number),
            (members["id"], members["input"], members["status"], members["loc"], members["pid"]));
        Assert.Contains(members["killed"], (JsonValueKind[])[JsonValueKind.True, JsonValueKind.False]);
        return (payload.RootElement.GetProperty("id").GetInt32(), payload.RootElement.GetProperty("status").GetString()!);
    }
}
