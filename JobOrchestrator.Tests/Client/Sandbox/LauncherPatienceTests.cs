using System.Diagnostics;
using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Launcher;
using JobOrchestrator.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace JobOrchestrator.Tests.Client.Sandbox;

/// <summary>Real launchers that do not come forward: nothing may wait for them for ever.</summary>
public sealed class LauncherPatienceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly LauncherPatience _patience;

    public LauncherPatienceTests() => _patience = new LauncherPatience(_clock);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task One_that_never_starts_the_script_is_ended_and_the_attempt_lost()
    {
        var control = Directory.CreateDirectory(Path.Combine(_directory.Path, "control")).FullName;
        ControlFiles.CreateKillPipe(control);
        using (var mkfifo = Process.Start("mkfifo", [Path.Combine(control, LaunchSpec.FileName)])) // orders that nobody ever writes
        {
            await mkfifo.WaitForExitAsync(Cancellation);
        }

        var run = SandboxLauncher.StartProgram(control, _patience);
        _clock.Advance(_patience.Start - TimeSpan.FromSeconds(1));
        Assert.NotNull(ControlFiles.FindLauncher(control));
        _clock.Advance(TimeSpan.FromSeconds(1));
        var lost = await Assert.ThrowsAsync<SandboxException>(() => run.Completion.WaitAsync(Cancellation));
        Assert.Equal("The job's launcher did not start the script within 60 s and was ended.", lost.Message);
        Assert.Null(ControlFiles.FindLauncher(control));
    }

    [Fact]
    public async Task One_that_started_the_script_has_all_the_time_of_the_job()
    {
        var (run, spec) = StartWaiting();
        await IdentityAsync(spec);
        _clock.Advance(TimeSpan.FromDays(1));
        await File.WriteAllTextAsync(Path.Combine(spec.WorkingDirectory, "go"), "\n", Cancellation);
        Assert.Equal(7, (await run.Completion.WaitAsync(Cancellation)).ExitCode);
    }

    [Fact]
    public async Task One_that_is_stopped_and_asked_for_the_end_is_ended_with_all_of_its_job()
    {
        var (run, spec) = StartWaiting();
        var identity = await IdentityAsync(spec);
        Processes.Signal(identity.ProcessId, Processes.SigStop);
        run.Kill();
        run.Kill();
        _clock.Advance(spec.KillGrace + _patience.End);
        await Assert.ThrowsAsync<SandboxException>(() => run.Completion.WaitAsync(Cancellation));
        Assert.False(identity.IsAlive());
        Assert.Null(LaunchIdentity.TryGetStartTicks(identity.ScriptProcessId));
    }

    private static async Task<LaunchIdentity> IdentityAsync(SandboxSpec spec)
    {
        while (true)
        {
            if (ControlFiles.TryReadIdentity(spec.ControlDirectory) is { } identity)
            {
                return identity;
            }

            await Task.Yield();
        }
    }

    private (SandboxRun Run, SandboxSpec Spec) StartWaiting()
    {
        var spec = Launches.Spec(_directory.Path, "read -r < go; exit 7");
        using (var mkfifo = Process.Start("mkfifo", [Path.Combine(spec.WorkingDirectory, "go")]))
        {
            mkfifo.WaitForExit();
        }

        var policy = Launches.Policy(_directory.Path);
        using var launcher = new SandboxLauncher(policy, _patience);
        return (launcher.Start(spec, LaunchTier.Process), spec);
    }
}
