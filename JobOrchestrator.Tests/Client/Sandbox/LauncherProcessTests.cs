using System.ComponentModel;
using System.Diagnostics;
using JobOrchestrator.Client.Sandbox;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Client.Sandbox;

/// <summary>Starting processes and learning of their end, by system calls.</summary>
public sealed class LauncherProcessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_process_gets_its_directory_and_environment_and_nothing_else()
    {
        var process = Run("env | sort; pwd; echo \"$0\"; trap", ["ONE=1", "TWO=zwei ü"]);
        await process.Exited.WaitAsync(Cancellation);
        var lines = await File.ReadAllLinesAsync(Path.Combine(_directory.Path, "out"), Cancellation);
        Assert.Contains("ONE=1", lines);
        Assert.Contains("TWO=zwei ü", lines);
        Assert.DoesNotContain(lines, l => l.StartsWith("HOME=", StringComparison.Ordinal));
        Assert.Contains(_directory.Path, lines);
        Assert.DoesNotContain(lines, l => l.Contains("trap --", StringComparison.Ordinal)); // no signal is ignored
    }

    [Fact]
    public async Task Ends_of_many_are_told_and_none_is_left_a_zombie()
    {
        var processes = Enumerable.Range(0, 40).Select(i => Run($"sleep 0.0{i % 10}; exit {i}", [])).ToArray();
        await Task.WhenAll(processes.Select(p => p.Exited)).WaitAsync(Cancellation);
        Assert.DoesNotContain(processes, p => Directory.Exists($"/proc/{p.Id}"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_that_is_no_child_of_ours_can_be_waited_for(bool withoutDescriptors)
    {
        using var parent = Process.Start(new ProcessStartInfo("bash", ["-c", "sleep 3600 & echo $!; read -r; kill $!; wait"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var grandchild = int.Parse((await parent.StandardOutput.ReadLineAsync(Cancellation))!, System.Globalization.CultureInfo.InvariantCulture);
        var exited = withoutDescriptors ? ProcessExits.WaitOnThreadAsync(grandchild) : LauncherProcess.Attach(grandchild).Exited;
        Assert.False(exited.IsCompleted);
        await parent.StandardInput.WriteLineAsync();
        await exited.WaitAsync(Cancellation);
        await parent.WaitForExitAsync(Cancellation);
    }

    [Fact]
    public async Task A_child_can_be_waited_for_without_descriptors_too()
    {
        var process = Run("exit 3", []);
        await ProcessExits.WaitOnThreadAsync(process.Id).WaitAsync(Cancellation);
        await process.Exited.WaitAsync(Cancellation);
        Assert.False(Directory.Exists($"/proc/{process.Id}"));
    }

    [Fact]
    public async Task One_that_is_gone_has_ended() => await LauncherProcess.Attach(int.MaxValue - 1).Exited.WaitAsync(Cancellation);

    [Fact]
    public void A_program_that_is_not_there_is_an_error_with_its_cause()
    {
        var error = Assert.Throws<Win32Exception>(() => LauncherProcess.Start("/does/not/exist", ["x"], _directory.Path, []));
        Assert.Contains("No such file", error.Message, StringComparison.Ordinal);
    }

    private LauncherProcess Run(string script, string[] environment)
    {
        var path = Path.Combine(_directory.Path, Guid.NewGuid().ToString("N") + ".sh");
        File.WriteAllText(path, "exec >out 2>&1\n" + script + "\n");
        return LauncherProcess.Start("/bin/bash", [path], _directory.Path, environment);
    }
}
