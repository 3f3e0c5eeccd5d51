using JobOrchestrator.Benchmarks.Driver;

namespace JobOrchestrator.Benchmarks.Modes;

/// <summary>What it costs that jobs run, when nothing happens: every wake-up without a reason shows here.</summary>
internal static class Idle
{
    private const int Jobs = 500;
    private const int Users = 50;
    private const double TargetSeconds = 0.3;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    public static async Task MeasureAsync(RunContext context)
    {
        if (context.LeavesOut("idle looks into the processes it starts"))
        {
            return;
        }

        await using var system = await SystemUnderTest.StartAsync(context, limit: Jobs, slots: Jobs);
        for (var job = 0; job < Jobs; job++)
        {
            await system.Driver.SubmitAsync(job % Users, "exec sleep 3600\n", context.Cancellation);
        }

        while (ProcessTree.DescendantsOf(system.Client!.Id).Count(p => p.Name == "sleep") < Jobs)
        {
            await Task.Delay(100, context.Cancellation);
        }

        await Task.Delay(Settling, context.Cancellation);
        var before = Read(system);
        await Task.Delay(Window, context.Cancellation);
        var after = Read(system);
        var (server, client, helpers) = (after.Server - before.Server, after.Client - before.Client, after.Helpers - before.Helpers);
        context.Report.Add(
            $"{Jobs} running jobs, nothing happening: CPU time over {Window.TotalSeconds:0} s",
            Report.Invariant($"{server + client + helpers:0.00} s"),
            Report.Invariant($"server {server:0.00} s, client {client:0.00} s, launchers and jobs {helpers:0.00} s; at most {TargetSeconds} s"));
    }

    private static (double Server, double Client, double Helpers) Read(SystemUnderTest system) => (
        system.Server!.Cpu.Own, system.Client!.Cpu.Own, ProcessTree.DescendantsOf(system.Client.Id).Sum(p => CpuTime.Of(p.Id).Own));
}
