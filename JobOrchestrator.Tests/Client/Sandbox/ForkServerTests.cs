using System.Diagnostics;
using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Launcher;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Client.Sandbox;

/// <summary>Launchers that are copies of one, with real processes: what becomes of the jobs when that one dies.</summary>
public sealed class ForkServerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SandboxLauncher _launcher;

    public ForkServerTests()
    {
        Assert.SkipUnless(SandboxLauncher.CanFork, "There is no launcher compiled ahead of time: that needs gcc or clang.");
        _launcher = new SandboxLauncher(Launches.Policy(_directory.Path), Launches.Patience);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _launcher?.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Many_jobs_have_one_fork_server_and_each_its_own_result()
    {
        var runs = Enumerable.Range(0, 20).Select(i => Start(i, $"exit {i}")).ToArray();
        var forkServer = _launcher.ForkServerId;
        Assert.NotNull(forkServer);
        for (var i = 0; i < runs.Length; i++)
        {
            Assert.Equal(i, (await runs[i].Completion.WaitAsync(Cancellation)).ExitCode);
        }

        Assert.Equal(forkServer, _launcher.ForkServerId);
        while (ProcessTree.All().Any(p => p.Parent == forkServer)) // it has reaped all of them, and tells nobody
        {
            await Task.Yield();
        }
    }

    [Fact]
    public async Task A_killed_fork_server_takes_no_job_with_it_and_the_next_job_gets_a_new_one()
    {
        var before = Start(0, "read -r < go; exit 7");
        var first = _launcher.ForkServerId!.Value;
        using (var process = Process.GetProcessById(first))
        {
            process.Kill();
            await process.WaitForExitAsync(Cancellation);
        }

        Assert.Equal(3, (await Start(1, "exit 3").Completion.WaitAsync(Cancellation)).ExitCode);
        Assert.Equal(4, (await Start(2, "exit 4").Completion.WaitAsync(Cancellation)).ExitCode);
        Assert.NotEqual(first, _launcher.ForkServerId);
        Assert.False(before.Completion.IsCompleted);
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "0", "go"), "\n", Cancellation);
        Assert.Equal(7, (await before.Completion.WaitAsync(Cancellation)).ExitCode);
    }

    [Fact]
    public async Task One_that_no_longer_answers_is_replaced()
    {
        await Start(0, "true").Completion.WaitAsync(Cancellation);
        var first = _launcher.ForkServerId!.Value;
        Processes.Signal(first, Processes.SigStop);
        _launcher.Patience = TimeSpan.FromMilliseconds(50);
        Assert.Equal(3, (await Start(1, "exit 3").Completion.WaitAsync(Cancellation)).ExitCode);
        Assert.Equal(4, (await Start(2, "exit 4").Completion.WaitAsync(Cancellation)).ExitCode);
        Assert.False(Directory.Exists($"/proc/{first}"));
    }

    [Fact]
    public async Task A_launcher_that_has_not_said_yet_who_it_is_is_found_by_its_control_directory()
    {
        var run = Start(0, "read -r < go");
        var control = Path.Combine(_directory.Path, "control", "0");
        while (ControlFiles.TryReadIdentity(control) is null)
        {
            await Task.Yield();
        }

        Assert.Equal(ControlFiles.TryReadIdentity(control)!.ProcessId, ControlFiles.FindLauncher(control));
        Assert.Contains(control, Processes.WithMarker(control).Values.Single(c => c.Contains("Launcher", StringComparison.Ordinal)), StringComparison.Ordinal); // what ps shows
        run.Kill();
        Assert.True((await run.Completion.WaitAsync(Cancellation)).Killed);
        Assert.Null(ControlFiles.FindLauncher(control));
    }

    [Fact]
    public async Task The_end_of_the_client_ends_it_and_no_launcher()
    {
        var run = Start(0, "read -r < go; exit 5");
        var forkServer = _launcher.ForkServerId!.Value;
        _launcher.Dispose();
        await ProcessExits.WaitAsync(forkServer).WaitAsync(Cancellation);
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "0", "go"), "\n", Cancellation);
        Assert.Equal(5, (await run.Completion.WaitAsync(Cancellation)).ExitCode);
    }

    private SandboxRun Start(int number, string script)
    {
        var working = Directory.CreateDirectory(Path.Combine(_directory.Path, $"{number}")).FullName;
        File.WriteAllText(Path.Combine(working, "run.sh"), script);
        using (var mkfifo = Process.Start("mkfifo", [Path.Combine(working, "go")]))
        {
            mkfifo.WaitForExit();
        }

        return _launcher.Start(
            new SandboxSpec
            {
                WorkingDirectory = working,
                ControlDirectory = Directory.CreateDirectory(Path.Combine(_directory.Path, "control", $"{number}")).FullName,
                KillGrace = TimeSpan.FromSeconds(5),
            },
            LaunchTier.Process);
    }
}
