using JobOrchestrator.Client;
using JobOrchestrator.Client.Executions;
using JobOrchestrator.Contracts.Executions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace JobOrchestrator.Tests.Support;

/// <summary>Our client in this process, on real Kestrel and a directory of its own.</summary>
internal sealed class TestClient : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly JobLineRule _lines;

    private TestClient(WebApplication app, JobLineRule lines) => (_app, _lines) = (app, lines);

    public Uri Address => new(_app.Urls.First());

    public IServiceProvider Services => _app.Services;

    /// <summary>
    /// Starts it. Without another setting its scripts run in the tier <c>process</c>: many a test's script talks with the test by files outside
    /// its directory, which a sandbox is there to prevent.
    /// </summary>
    /// <param name="dataPath">Where it keeps its executions.</param>
    /// <param name="settings">As on its command line, <c>SLOTS=3</c>.</param>
    public static async Task<TestClient> StartAsync(string dataPath, params string[] settings)
    {
        var lines = new JobLineRule();
        var app = ClientApp.Create(
            ["--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None", "--DATA_PATH=" + dataPath, "--SANDBOX=process", .. settings.Select(s => "--" + s)],
            builder => lines.Attach(builder.Logging));
        await app.StartAsync();
        return new TestClient(app, lines);
    }

    /// <summary>The states of a job's execution that became news, in order.</summary>
    public IEnumerable<ExecutionState> EventsOf(int jobId) => Services.GetRequiredService<ExecutionEvents>().After(0).Events
        .Where(e => e.Execution?.JobId == jobId).Select(e => e.Execution!.State);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _lines.Check();
    }
}
