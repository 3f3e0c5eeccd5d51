using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Serialization.Metadata;
using JobOrchestrator.Contracts.V1;

namespace JobOrchestrator.Tests.Support;

/// <summary>The v1 API from a user's side.</summary>
internal static class V1Calls
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Submits, expects a 201, and returns the job.</summary>
    public static async Task<JobRecord> SubmitV1Async(this HttpClient http, Form form)
    {
        using var content = form.ToContent();
        using var answer = await http.PostAsync("/api/v1/jobs", content, Cancellation);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync(Cancellation));
        var job = (await answer.Content.ReadFromJsonAsync(V1Json.Default.JobRecord, Cancellation))!;
        Assert.Equal($"/api/v1/jobs/{job.Id}", answer.Headers.Location?.OriginalString);
        return job;
    }

    public static Task<JobRecord> JobAsync(this HttpClient http, int id) => http.GetV1Async($"/jobs/{id}", V1Json.Default.JobRecord);

    /// <summary>Expects a 200 and returns what it says.</summary>
    public static async Task<T> GetV1Async<T>(this HttpClient http, string path, JsonTypeInfo<T> type)
    {
        using var answer = await http.GetAsync("/api/v1" + path, Cancellation);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync(Cancellation)}");
        return (await answer.Content.ReadFromJsonAsync(type, Cancellation))!;
    }

    /// <summary>Asks until the answer is as wanted.</summary>
    public static async Task<T> GetV1UntilAsync<T>(this HttpClient http, string path, JsonTypeInfo<T> type, Func<T, bool> wanted)
    {
        while (true)
        {
            var answer = await http.GetV1Async(path, type);
            if (wanted(answer))
            {
                return answer;
            }

            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }
    }

    /// <summary>Asks until the job is as wanted; the test's own time limit ends a wait in vain.</summary>
    public static async Task<JobRecord> JobUntilAsync(this HttpClient http, int id, Func<JobRecord, bool> wanted)
    {
        while (true)
        {
            var job = await http.JobAsync(id);
            if (wanted(job))
            {
                return job;
            }

            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }
    }

    public static Task<JobRecord> JobEndAsync(this HttpClient http, int id) => http.JobUntilAsync(id, job => job.State.IsEnd());

    /// <summary>Calls and expects this problem; returns its detail.</summary>
    public static async Task<string> ProblemAsync(
        this HttpClient http, HttpMethod method, string path, HttpStatusCode status, string code, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, "/api/v1" + path) { Content = content };
        using var answer = await http.SendAsync(request, Cancellation);
        return (await answer.ProblemAsync(status, code)).Detail;
    }

    public static async Task<Problem> ProblemAsync(this HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.StatusCode == status, $"{answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = (await answer.Content.ReadFromJsonAsync(V1Json.Default.Problem, Cancellation))!;
        Assert.Equal((code, (int)status, $"/api/v1/problems/{code}"), (problem.Code, problem.Status, problem.Type));
        return problem;
    }
}
