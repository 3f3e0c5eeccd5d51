using System.Net;

namespace JobOrchestrator.Tests.Support;

/// <summary>Our server or client as a real process, on one port and one directory however often it dies and is started again.</summary>
internal sealed class Daemon(string program, int port, IReadOnlyDictionary<string, string> environment) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly List<string> _earlier = [];
    private ProgramRun? _run;

    public Uri Address { get; } = new($"http://127.0.0.1:{port}");

    public int ProcessId => _run!.Id;

    /// <summary>How often it was started.</summary>
    public int Starts { get; private set; }

    /// <summary>What all runs of it wrote.</summary>
    public string Output => string.Concat(_earlier) + _run?.Output;

    /// <summary>Starts it and waits until it answers. One that cannot have its port (an outgoing connection has it for the moment) is started again.</summary>
    /// <param name="cancellation">Of the test.</param>
    /// <param name="extra">Environment of this run only.</param>
    public async Task StartAsync(CancellationToken cancellation, params (string Key, string Value)[] extra)
    {
        using var http = new HttpClient { BaseAddress = Address };
        while (true)
        {
            await ForgetAsync();
            _run = ProgramRun.Start(Path.Combine(AppContext.BaseDirectory, program), [], Environment(extra));
            Starts++;
            while (!_run.HasExited)
            {
                if (await AnswersAsync(http, cancellation))
                {
                    return;
                }

                await Task.Delay(Pause, TimeProvider.System, cancellation);
            }

            if (!Output.Contains("address already in use", StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidOperationException($"{program} ended with {_run.ExitCode}:\n{_run.Output}");
            }
        }
    }

    /// <summary>Ends it without warning.</summary>
    public async Task KillAsync(CancellationToken cancellation)
    {
        Signal(Processes.SigKill);
        await ExitAsync(cancellation);
    }

    /// <summary>Waits for its end; the exit code, 128 + n after signal n.</summary>
    public Task<int> ExitAsync(CancellationToken cancellation) => _run!.ExitAsync(cancellation);

    public void Signal(int signal) => Processes.Signal(_run!.Id, signal);

    public async ValueTask DisposeAsync()
    {
        if (_run is { HasExited: false })
        {
            Signal(Processes.SigCont);
            await KillAsync(CancellationToken.None);
        }

        await ForgetAsync();
    }

    private Dictionary<string, string> Environment((string Key, string Value)[] extra)
    {
        var all = new Dictionary<string, string>(environment) { ["ASPNETCORE_URLS"] = Address.ToString().TrimEnd('/') };
        foreach (var (key, value) in extra)
        {
            all[key] = value;
        }

        return all;
    }

    private async Task ForgetAsync()
    {
        if (_run is not null)
        {
            _earlier.Add(_run.Output);
            await _run.DisposeAsync();
            _run = null;
        }
    }

    private static async Task<bool> AnswersAsync(HttpClient http, CancellationToken cancellation)
    {
        try
        {
            using var answer = await http.GetAsync("/", cancellation);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
