using System.Diagnostics.Metrics;
using JobOrchestrator.Client.Draining;
using JobOrchestrator.Client.Executions;
using JobOrchestrator.Client.Load;
using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Contracts.Telemetry;

namespace JobOrchestrator.Client.Telemetry;

/// <summary>What the client tells about itself when asked: its slots, its host's load and disk, its sandbox.</summary>
internal sealed class ClientGauges : IHostedService
{
    private readonly ClientOptions _options;
    private readonly ExecutionRunner _runner;
    private readonly SandboxStatus _sandbox;

    public ClientGauges(
        IMeterFactory meters, ClientOptions options, ExecutionRunner runner, NodeDrain drain, LoadSampler load, SandboxStatus sandbox,
        TimeProvider clock)
    {
        (_options, _runner, _sandbox) = (options, runner, sandbox);
        var started = clock.GetUtcNow();
        var meter = meters.Create(ClientMetrics.MeterName);
        meter.CreateObservableUpDownCounter("joborchestrator.client.slots", () => options.Slots, "{slot}", "Executions it runs at once.");
        meter.CreateObservableUpDownCounter("joborchestrator.client.executions", ObserveExecutions, "{execution}", "Executions that hold a slot, and that wait for one.");
        meter.CreateObservableGauge("joborchestrator.client.draining", () => drain.IsDraining ? 1 : 0, description: "1 while it finishes what it has and takes nothing new.");
        meter.CreateObservableGauge("joborchestrator.client.info", ObserveInfo, description: "Always 1; its attributes say what the client is.");
        meter.CreateObservableGauge("joborchestrator.client.cpu.utilization", () => load.Cpu / 100, description: "CPU use of the host, 0 to 1.");
        meter.CreateObservableUpDownCounter("joborchestrator.client.memory.used", () => LoadSampler.Memory().Used, "By", "Memory of the host in use.");
        meter.CreateObservableUpDownCounter("joborchestrator.client.memory.total", () => LoadSampler.Memory().Total, "By", "Memory of the host.");
        meter.CreateObservableUpDownCounter("joborchestrator.client.disk.used", () => Disk(d => d.TotalSize - d.TotalFreeSpace), "By", "Used bytes where the jobs' directories are.");
        meter.CreateObservableUpDownCounter("joborchestrator.client.disk.free", () => Disk(d => d.AvailableFreeSpace), "By", "Free bytes where the jobs' directories are.");
        meter.CreateObservableGauge(
            "joborchestrator.client.process.start_time", () => started.ToUnixTimeMilliseconds() / 1000.0, "s", "When the process started, since 1970.");
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private IEnumerable<Measurement<int>> ObserveExecutions()
    {
        var (running, waiting) = _runner.Count();
        return
        [
            new Measurement<int>(running, new KeyValuePair<string, object?>(TelemetryTags.State, "running")),
            new Measurement<int>(waiting, new KeyValuePair<string, object?>(TelemetryTags.State, "queued")),
        ];
    }

    private Measurement<int> ObserveInfo() => new(
        1,
        new(TelemetryTags.SandboxTier, _sandbox.Name),
        new(TelemetryTags.NodeVersion, typeof(ClientGauges).Assembly.GetName().Version!.ToString(3)));

    private long Disk(Func<DriveInfo, long> value) => value(new DriveInfo(_options.DataPath));
}
