using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Cli;

/// <summary>What a person at a terminal sees, recorded by tmux.</summary>
public sealed class CliTerminalTests : IAsyncLifetime
{
    private const string Tmux = "/usr/bin/tmux";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private TestSystem _system = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _system = await TestSystem.StartAsync(clientSettings: ["KILL_GRACE=1"]);

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    [Fact]
    [Trait("Category", "Slow")]
    public async Task An_upload_shows_a_bar_and_watch_a_table_that_changes()
    {
        Assert.SkipUnless(File.Exists(Tmux), "Needs a terminal: install the package tmux.");
        var go = Path.Combine(_system.Directory, "go");
        await File.WriteAllTextAsync(Path.Combine(_system.Directory, "run.sh"), $"until [ -e '{go}' ]; do sleep 0.05; done", Cancellation);
        await File.WriteAllBytesAsync(Path.Combine(_system.Directory, "big.bin"), new byte[200 << 20], Cancellation);
        await using var terminal = await Terminal.StartAsync(_system.Directory, _system.Server.Address);

        await terminal.TypeAsync("eval \"$(env jobs completion bash)\""); // or bash would take its builtin of the same name
        await terminal.TypeAsync("jobs submit run.sh big.bin --name bulky");
        await terminal.SeesAsync("200 MiB");
        await terminal.SeesAsync("100%");
        Assert.Matches(@"━+.*[1-9][0-9]?%", terminal.Recording);

        await terminal.TypeAsync("jobs watch 1");
        await terminal.SeesAsync("1 running");
        await terminal.SeesAsync("bulky");
        await File.WriteAllTextAsync(go, "", Cancellation);
        await terminal.SeesAsync("1 completed");
    }

    /// <summary>A tmux session of its own server, whose output is recorded as it comes.</summary>
    private sealed class Terminal : IAsyncDisposable
    {
        private readonly string _socket;
        private readonly string _record;

        private Terminal(string directory) => (_socket, _record) = (Path.Combine(directory, "tmux"), Path.Combine(directory, "terminal.txt"));

        public string Recording => File.Exists(_record) ? File.ReadAllText(_record) : "";

        public static async Task<Terminal> StartAsync(string directory, Uri server)
        {
            var terminal = new Terminal(directory);
            var shell = $"env PATH={AppContext.BaseDirectory}:/usr/bin:/bin JOBS_SERVER={server} XDG_CONFIG_HOME={directory} TERM=xterm-256color LANG=C.UTF-8 bash --norc";
            await terminal.RunAsync("-u", "new-session", "-d", "-s", "t", "-x", "160", "-y", "40", "-c", directory, shell);
            await terminal.RunAsync("pipe-pane", "-t", "t", $"cat >> {terminal._record}");
            return terminal;
        }

        public Task TypeAsync(string line) => RunAsync("send-keys", "-t", "t", line, "Enter");

        public async Task SeesAsync(string text)
        {
            while (!Recording.Contains(text, StringComparison.Ordinal))
            {
                await Task.Delay(Pause, TimeProvider.System, Cancellation);
            }
        }

        public async ValueTask DisposeAsync() => await RunAsync("kill-server");

        private async Task RunAsync(params string[] arguments)
        {
            await using var run = ProgramRun.Start(Tmux, ["-S", _socket, .. arguments]);
            Assert.True(await run.ExitAsync(Cancellation) == 0, run.Output);
        }
    }
}
