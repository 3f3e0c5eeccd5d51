using JobOrchestrator.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace JobOrchestrator.Tests.Support;

/// <summary>Our server in this process, on real Kestrel, a real SQLite file and a directory of its own.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly JobLineRule _lines;

    private TestServer(WebApplication app, JobLineRule lines)
    {
        (_app, _lines) = (app, lines);
        Http = new HttpClient(new ContractChecker(Address)) { BaseAddress = Address };
    }

    public Uri Address => new(_app.Urls.First());

    public HttpClient Http { get; }

    public T Get<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Starts it.</summary>
    /// <param name="directory">Where its database and files are.</param>
    /// <param name="settings">As on its command line, <c>SERVICE_EXAMPLE_CLIENTS=http://…</c>. Authentication is off unless they say otherwise.</param>
    /// <param name="clock">Another clock than the system's.</param>
    public static async Task<TestServer> StartAsync(string directory, IEnumerable<string> settings, TimeProvider? clock = null)
    {
        var lines = new JobLineRule();
        var app = ServerApp.Create(
            ["--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None", "--AUTH=off", $"--DB_PATH={DatabaseIn(directory)}", $"--DATA_PATH={directory}/data", .. settings.Select(s => "--" + s)],
            builder =>
            {
                lines.Attach(builder.Logging);
                if (clock is not null)
                {
                    builder.Services.AddSingleton(clock);
                }
            });
        await app.StartAsync();
        return new TestServer(app, lines);
    }

    public static string DatabaseIn(string directory) => Path.Combine(directory, "jobs.sqlite");

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _lines.Check();
    }
}
