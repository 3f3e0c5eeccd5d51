using JobOrchestrator.Client.Draining;
using JobOrchestrator.Client.Load;
using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Client.Executions;

/// <summary>What this client says of itself.</summary>
internal sealed class StatusReader(
    ClientOptions options, ExecutionEvents events, ExecutionRunner runner, LoadSampler load, SandboxStatus sandbox, NodeDrain drain)
{
    public ClientStatus Read()
    {
        var (running, waiting) = runner.Count();
        var (memoryUsed, memoryTotal) = LoadSampler.Memory();
        var diskFree = load.DiskFree();
        return new ClientStatus
        {
            Name = options.Name,
            Epoch = events.Epoch,
            Version = typeof(StatusReader).Assembly.GetName().Version!.ToString(3),
            Slots = options.Slots,
            Running = running,
            Queued = waiting,
            Cpu = load.Cpu,
            MemoryUsed = memoryUsed,
            MemoryTotal = memoryTotal,
            DiskFree = diskFree,
            SandboxTier = sandbox.Name,
            SandboxNotes = sandbox.Notes.Count == 0 ? null : sandbox.Notes,
            Draining = drain.IsDraining,
            Problem = sandbox.Problem ?? (diskFree < options.MinDiskFree
                ? $"Its disk has {diskFree} bytes free, less than the {options.MinDiskFree} it wants for new jobs (MIN_DISK_FREE)."
                : null),
        };
    }

    public IResult ToResult() => TypedResults.Json(Read(), ContractsJson.Default.ClientStatus);
}
