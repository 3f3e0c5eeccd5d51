using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Tests.Support;

/// <summary>Our surface between server and client, from the server's side.</summary>
internal static class ExecutionCalls
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static Form Execution(string script) => new Form()
        .Field(ExecutionRequest.FieldName, JsonSerializer.Serialize(new ExecutionRequest("example"), ContractsJson.Default.ExecutionRequest))
        .File("run.sh", script, field: "run.sh");

    public static async Task<(HttpStatusCode Code, ExecutionReport? Report)> PutAsync(this HttpClient http, int job, int attempt, Form form)
    {
        using var content = form.ToContent();
        using var answer = await http.PutAsync($"/executions/{job}/{attempt}", content, Cancellation);
        return (answer.StatusCode, answer.IsSuccessStatusCode
            ? await answer.Content.ReadFromJsonAsync(ContractsJson.Default.ExecutionReport, Cancellation)
            : null);
    }

    public static async Task<ExecutionReport> ReportAsync(this HttpClient http, int job, int attempt) =>
        (await http.GetFromJsonAsync($"/executions/{job}/{attempt}", ContractsJson.Default.ExecutionReport, Cancellation))!;

    /// <summary>Follows the event stream from its start until the execution reaches the state, or one past it.</summary>
    public static async Task<ExecutionReport> ReachesAsync(this HttpClient http, int job, int attempt, ExecutionState state)
    {
        using var answer = await http.GetAsync("/events", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancellation), Encoding.UTF8);
        if (await http.ReportAsync(job, attempt) is { } now && now.State >= state)
        {
            return now;
        }

        while (await reader.ReadLineAsync(Cancellation) is { } line)
        {
            if (line.Length > 0
                && JsonSerializer.Deserialize(line, ContractsJson.Default.ExecutionEvent)?.Execution is { } report
                && report.JobId == job && report.Attempt == attempt && report.State >= state)
            {
                return report;
            }
        }

        throw new InvalidOperationException("The event stream ended.");
    }
}
