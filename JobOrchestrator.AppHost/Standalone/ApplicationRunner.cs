using System.Runtime.InteropServices;

namespace JobOrchestrator.AppHost.Standalone;

/// <summary>Starts the resources in the order the model asks for, waits until all are healthy, and ends them all with itself.</summary>
internal sealed class ApplicationRunner(IReadOnlyList<ProjectResource> projects, bool withDashboard, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan HealthInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How long processes may take to end by themselves.</summary>
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(10);

    private readonly ResourceConsole _console = new(projects.Max(p => p.Name.Length));
    private readonly List<ResourceProcess> _running = [];
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>Runs until a signal, the end of the guarding process, or a failure.</summary>
    /// <returns>0 after an ordered stop, 1 when a resource ended before it was healthy.</returns>
    public async Task<int> RunAsync()
    {
        Descendants.Adopt();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, OnSignal);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);
        new Thread(StopAtEndOfInput) { IsBackground = true, Name = "guard" }.Start();
        try
        {
            CheckPorts();
            return await RunUntilStoppedAsync();
        }
        finally
        {
            await StopAllAsync();
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task<int> RunUntilStoppedAsync()
    {
        var started = time.GetTimestamp();
        var dashboard = withDashboard ? Dashboard.DashboardProcess.Plan(_console) : null;
        var showing = dashboard is null ? Task.CompletedTask : ShowAsync(dashboard);
        try
        {
            var healthy = new Dictionary<ProjectResource, Task>();
            await Task.WhenAll(projects.Select(p => StartOnce(p, healthy, dashboard)));
            var seconds = time.GetElapsedTime(started).TotalSeconds;
            foreach (var fixedPort in projects.Where(p => p.Endpoint is { IsFixed: true }))
            {
                _console.Say($"{fixedPort.Name} answers on {fixedPort.Endpoint!.Url}");
            }

            _console.Say(FormattableString.Invariant($"{projects.Count} processes are healthy after {seconds:0.0} s. Ctrl+C ends all of them."));
            await Task.Delay(Timeout.InfiniteTimeSpan, time, _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            _console.Say("Stopping ...");
        }
        finally
        {
            await _stop.CancelAsync();
            await showing;
        }

        return 0;
    }

    /// <summary>Each resource starts once, whoever asks first, and after those it waits for.</summary>
    private Task StartOnce(ProjectResource project, Dictionary<ProjectResource, Task> healthy, Dashboard.DashboardProcess? dashboard)
    {
        if (!healthy.TryGetValue(project, out var task))
        {
            var first = project.WaitsFor.Select(other => StartOnce(other, healthy, dashboard)).ToList();
            healthy[project] = task = StartAsync(project, first, dashboard);
        }

        return task;
    }

    private async Task StartAsync(ProjectResource project, List<Task> first, Dashboard.DashboardProcess? dashboard)
    {
        await Task.WhenAll(first);
        _stop.Token.ThrowIfCancellationRequested();
        var environment = project.Environment.ToDictionary(e => e.Key, e => e.Value(), StringComparer.Ordinal);
        environment["ASPNETCORE_ENVIRONMENT"] = environment["DOTNET_ENVIRONMENT"] = "Development";
        environment["OTEL_SERVICE_NAME"] = project.Name;
        if (project.Endpoint is { } endpoint)
        {
            environment["ASPNETCORE_URLS"] = endpoint.Url;
        }

        foreach (var (key, value) in dashboard?.ExporterEnvironment ?? [])
        {
            environment.TryAdd(key, value);
        }

        var process = Start(project.Name, project.Executable, [], environment, line => _console.Write(project.Name, line));
        _ = ReportExitAsync(process);
        await WaitUntilHealthyAsync(project, process);
    }

    private ResourceProcess Start(
        string name, string executable, IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string>> environment, Action<string> onLine)
    {
        lock (_lock)
        {
            _stop.Token.ThrowIfCancellationRequested();
            var process = ResourceProcess.Start(name, executable, arguments, environment, onLine);
            _running.Add(process);
            return process;
        }
    }

    private async Task ShowAsync(Dashboard.DashboardProcess dashboard)
    {
        try
        {
            await dashboard.RunAsync((executable, arguments, environment, onLine) => Start("dashboard", executable, arguments, environment, onLine), _http, _stop.Token);
        }
        catch (HostException e)
        {
            _console.Complain($"No dashboard: {e.Message}");
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The application stops; the dashboard with it.
        }
    }

    private async Task WaitUntilHealthyAsync(ProjectResource project, ResourceProcess process)
    {
        if (project.HealthPath is null || project.Endpoint is null)
        {
            return;
        }

        var address = new Uri(project.Endpoint.Url + project.HealthPath);
        var asked = time.GetTimestamp();
        var complained = 1;
        while (!await HealthProbe.IsHealthyAsync(_http, address, _stop.Token))
        {
            if (process.ExitCode is { } code)
            {
                throw new HostException($"{project.Name} ended with exit code {code} before it was healthy; its last words are above.");
            }

            if (time.GetElapsedTime(asked) > Patience * complained)
            {
                complained++;
                _console.Complain($"Still waiting for {project.Name}: {address} does not answer 200.");
            }

            await Task.Delay(HealthInterval, time, _stop.Token);
        }
    }

    private async Task ReportExitAsync(ResourceProcess process)
    {
        await process.WaitForExitAsync();
        if (!_stop.IsCancellationRequested)
        {
            _console.Complain($"{process.Name} ended with exit code {process.ExitCode}; the others go on. Restart the application to have it back.");
        }
    }

    private void CheckPorts()
    {
        foreach (var project in projects.Where(p => p.Endpoint is { IsFixed: true }))
        {
            var port = project.Endpoint!.Port;
            if (!FreePort.IsFree(port))
            {
                throw new HostException(
                    $"Port {port} of {project.Name} is in use by another program ('ss -ltnp sport = :{port}' names it). Stop that one, or choose another port: --port N.");
            }
        }
    }

    private async Task StopAllAsync()
    {
        await _stop.CancelAsync();
        List<ResourceProcess> running;
        lock (_lock)
        {
            running = [.. _running];
        }

        foreach (var process in running)
        {
            process.Terminate();
        }

        using var grace = new CancellationTokenSource(StopGrace, time);
        try
        {
            await Task.WhenAll(running.Select(p => p.WaitForExitAsync(grace.Token)));
        }
        catch (OperationCanceledException)
        {
            _console.Complain($"Killing what did not end within {StopGrace.TotalSeconds:0} s: {string.Join(", ", running.Where(p => p.ExitCode is null).Select(p => p.Name))}.");
        }

        // Jobs outlive a client's restart by design; here they end, and run again after the next start.
        Descendants.KillAll();
        running.ForEach(p => p.Dispose());
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        _stop.Cancel();
    }

    /// <summary>The guarding process holds the other end; it never writes.</summary>
    private void StopAtEndOfInput()
    {
        using var input = Console.OpenStandardInput();
        while (input.Read(new byte[1]) > 0)
        {
        }

        _stop.Cancel();
    }
}
