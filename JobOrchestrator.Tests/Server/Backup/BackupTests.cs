using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Server;
using JobOrchestrator.Server.Backup;
using JobOrchestrator.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace JobOrchestrator.Tests.Server.Backup;

/// <summary>Backups of a server at work, and the way back.</summary>
public sealed class BackupTests : IAsyncLifetime
{
    private static readonly TimeSpan Month = TimeSpan.FromDays(30);

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero));
    private TestSystem _system = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Target => Path.Combine(_system.Directory, "backup");

    private ServerOptions Options { get; set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _system = await TestSystem.StartAsync(settings: ["SERVICE_EXAMPLE_RUNS_PER_USER=1"], clientSettings: ["KILL_GRACE=1"]);
        Options = _system.Server.Get<ServerOptions>();
    }

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    [Fact]
    public async Task A_restored_server_has_every_job_as_it_was_and_goes_on_with_those_that_had_not_ended()
    {
        var completed = await EndedAsync("echo 1 > out.txt", ClassicStatus.Completed);
        var failed = await EndedAsync("exit 3", ClassicStatus.Failed);
        var running = await _system.Http.SubmitAsync(Form.Job($"until [ -e '{_system.Directory}/go' ]; do sleep 0.01; done; echo 2 > out.txt"));
        await _system.Http.UntilAsync(running, s => s.Status == ClassicStatus.Running);
        var waiting = await _system.Http.SubmitAsync(Form.Job("echo 3 > out.txt"));
        var zip = await _system.Http.GetByteArrayAsync($"/download/{completed}", Cancellation);

        var report = await BackUpAsync();
        Assert.Equal((4, 2, 0), (report.Manifest.Jobs, report.Manifest.LiveJobs, report.Manifest.Problems.Count));
        await CheckSumsAsync(report.Snapshot);
        var lost = await EndedAsync("true", ClassicStatus.Completed, userId: 2); // after the backup
        await _system.StopServerAsync();
        await File.WriteAllTextAsync(Path.Combine(_system.Directory, "go"), string.Empty, Cancellation);

        var restored = Path.Combine(_system.Directory, "restored");
        await RestoreAsync(OptionsIn(restored));
        await using var server = await TestServer.StartAsync(restored, [$"SERVICE_EXAMPLE_CLIENTS={_system.Clients[0].Address}"]);
        Assert.Equal(zip, await server.Http.GetByteArrayAsync($"/download/{completed}", Cancellation));
        Assert.Equal(ClassicStatus.Failed, (await server.Http.StatusAsync(failed)).Status);
        Assert.Equal(ClassicStatus.Completed, (await server.Http.EndAsync(running)).Status);
        Assert.Equal("2\n", (await server.Http.ZipAsync($"/download/{running}"))["out.txt"]);
        Assert.Equal(ClassicStatus.Completed, (await server.Http.EndAsync(waiting)).Status);
        Assert.Equal("3\n", (await server.Http.ZipAsync($"/download/{waiting}"))["out.txt"]);

        // The client may still know the executions of jobs that are forgotten here: no new job gets their ids.
        var (code, _) = await server.Http.TerminateAsync(lost);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, code);
        Assert.InRange(await server.Http.SubmitAsync(Form.Job("true")), lost + 1000, int.MaxValue);
    }

    [Fact]
    public async Task What_was_copied_once_is_not_copied_again()
    {
        await EndedAsync("echo 1 > out.txt", ClassicStatus.Completed);
        var first = await BackUpAsync();
        Assert.Equal((2, 0), (first.Copied.Files, first.Unchanged)); // run.sh and the result
        var second = await BackUpAsync();
        Assert.Equal((0, 2), (second.Copied.Files, second.Unchanged));
        await EndedAsync("echo 2 > out.txt", ClassicStatus.Completed);
        var third = await BackUpAsync();
        Assert.Equal((2, 2, 4), (third.Copied.Files, third.Unchanged, third.Manifest.Files));
        foreach (var report in new[] { first, second, third })
        {
            await CheckSumsAsync(report.Snapshot);
        }
    }

    [Fact]
    public async Task A_backup_that_was_cut_off_is_repeated_and_goes_on_from_there()
    {
        for (var i = 0; i < 3; i++)
        {
            await EndedAsync("true", ClassicStatus.Completed);
        }

        using var cut = new CancellationTokenSource();
        var files = Path.Combine(Target, "files");
        var run = new BackupRun(Options, new BackupDirectory(Target), _clock).RunAsync(Month, cut.Token);
        while (!run.IsCompleted && !(Directory.Exists(files) && Directory.EnumerateFiles(files, "*", SearchOption.AllDirectories).Any()))
        {
            await Task.Yield();
        }

        await cut.CancelAsync();
        await Task.WhenAny(run);

        // However far that one came: as a power cut would leave it.
        Directory.CreateDirectory(Path.Combine(Target, "snapshots", ".2026-01-01T00-00-00.000Z"));
        await File.WriteAllTextAsync(Path.Combine(files, "1", "input", "run.sh.part"), "half", Cancellation);
        var copied = Directory.EnumerateFiles(files, "*", SearchOption.AllDirectories).Count(f => !f.EndsWith(".part", StringComparison.Ordinal));
        var report = await BackUpAsync();
        Assert.Equal((6 - copied, copied), (report.Copied.Files, report.Unchanged));
        await CheckSumsAsync(report.Snapshot);
        Assert.All(Directory.EnumerateDirectories(Path.Combine(Target, "snapshots")), d => Assert.DoesNotContain("/.", d, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Old_snapshots_go_with_the_files_only_they_need_and_the_newest_stays()
    {
        var job = await EndedAsync("true", ClassicStatus.Completed);
        var first = await BackUpAsync();
        _clock.Advance(TimeSpan.FromDays(20));
        await _system.Server.Get<JobOrchestrator.Server.Jobs.JobStore>().MarkCleanedAsync(job);
        _system.Server.Get<JobOrchestrator.Server.Jobs.JobFiles>().Discard(job);
        var other = await EndedAsync("true", ClassicStatus.Completed);
        var second = await BackUpAsync();
        Assert.Equal((0, 2), (second.Removed, second.Manifest.Files));
        _clock.Advance(TimeSpan.FromDays(15));
        var third = await BackUpAsync();
        Assert.Equal(1, third.Removed);
        Assert.Equal([second.Snapshot.Name, third.Snapshot.Name], new BackupDirectory(Target).List().Select(s => s.Name));
        Assert.Equal([$"{other}"], Directory.GetDirectories(Path.Combine(Target, "files")).Select(Path.GetFileName));
        _clock.Advance(TimeSpan.FromDays(300));
        Assert.Equal([third.Snapshot.Name], RotateTo(TimeSpan.Zero));
        Assert.False(Directory.Exists(first.Snapshot.Directory));
    }

    [Fact]
    public async Task A_job_whose_files_are_gone_is_told_and_the_rest_is_backed_up()
    {
        var (lost, kept) = (await EndedAsync("true", ClassicStatus.Completed), await EndedAsync("true", ClassicStatus.Completed));
        Directory.Delete(Path.Combine(Options.DataPath, "jobs", $"{lost}"), recursive: true);
        var report = await BackUpAsync();
        Assert.Equal([$"Files of job {lost} are missing below {Options.DataPath}."], report.Manifest.Problems);
        Assert.Equal(2, report.Manifest.Files);
        Assert.True(Directory.Exists(Path.Combine(Target, "files", $"{kept}")));
    }

    [Fact]
    public async Task A_live_server_is_never_restored_over()
    {
        await EndedAsync("true", ClassicStatus.Completed);
        await BackUpAsync();
        var refusal = await Assert.ThrowsAsync<BackupException>(() => RestoreAsync(Options));
        Assert.Contains("A server is using the database", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(ClassicStatus.Completed, (await _system.Http.StatusAsync(1)).Status);
    }

    [Fact]
    public async Task What_is_there_is_moved_aside_and_a_plan_alone_changes_nothing()
    {
        var before = await EndedAsync("echo before > out.txt", ClassicStatus.Completed);
        await BackUpAsync();
        var after = await EndedAsync("echo after > out.txt", ClassicStatus.Completed);
        var options = Options;
        await _system.StopServerAsync();
        var run = new RestoreRun(options, new BackupDirectory(Target), _clock);
        var plan = await run.PlanAsync(name: null, Cancellation);
        Assert.Equal(1, plan.States["Completed"]);
        Assert.Contains(plan.MovedAside, move => move.From == options.DatabasePath);
        Assert.True(Directory.Exists(Path.Combine(options.DataPath, "jobs", $"{after}")));

        await run.RunAsync(plan, Cancellation);
        Assert.False(Directory.Exists(Path.Combine(options.DataPath, "jobs", $"{after}")));
        Assert.All(plan.MovedAside, move => Assert.True(Path.Exists(move.To)));
        Assert.True(Directory.Exists(Path.Combine(plan.MovedAside.Single(m => m.From.EndsWith("jobs", StringComparison.Ordinal)).To, $"{after}")));
        await _system.StartAgainAsync();
        Assert.Equal("before\n", (await _system.Http.ZipAsync($"/download/{before}"))["out.txt"]);
    }

    [Theory]
    [InlineData("result.1.zip")]
    [InlineData("jobs.sqlite")]
    public async Task A_backup_that_was_changed_is_not_restored(string file)
    {
        await EndedAsync("true", ClassicStatus.Completed);
        await BackUpAsync();
        var path = Directory.EnumerateFiles(Target, file, SearchOption.AllDirectories).Single();
        var bytes = await File.ReadAllBytesAsync(path, Cancellation);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, Cancellation);
        var restored = Path.Combine(_system.Directory, "restored");
        var refusal = await Assert.ThrowsAsync<BackupException>(() => RestoreAsync(OptionsIn(restored)));
        Assert.Contains(path, refusal.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(OptionsIn(restored).DatabasePath));
        Assert.False(Directory.Exists(Path.Combine(restored, "data", "jobs")));
    }

    [Fact]
    public async Task The_commands_do_it_and_say_what_they_did()
    {
        await EndedAsync("true", ClassicStatus.Completed);
        var (code, output) = await CommandAsync(_system.Directory, "backup", "--to", Target);
        Assert.Equal((0, true), (code, output.Contains("1 jobs, 0 of them live, 2 files", StringComparison.Ordinal)));
        var check = output.Split('\n').Single(l => l.StartsWith("Check it with: ", StringComparison.Ordinal))["Check it with: ".Length..];
        await using (var run = ProgramRun.Start("bash", ["-c", check]))
        {
            Assert.True(await run.ExitAsync(Cancellation) == 0, run.Output);
        }

        (code, output) = await CommandAsync(_system.Directory, "restore", "--from", Target, "--yes");
        Assert.Equal((1, true), (code, output.Contains("A server is using the database", StringComparison.Ordinal)));
        var restored = Path.Combine(_system.Directory, "restored");
        (code, output) = await CommandAsync(restored, "restore", "--from", Target);
        Assert.Equal((0, true), (code, output.Contains("Nothing was changed. Repeat with --yes", StringComparison.Ordinal)));
        Assert.False(Directory.Exists(restored));
        (code, output) = await CommandAsync(restored, "restore", "--from", Target, "--yes");
        Assert.True(code == 0 && output.Contains("Jobs: 1 Completed.", StringComparison.Ordinal), output);
        Assert.True(File.Exists(TestServer.DatabaseIn(restored)));
        (code, output) = await CommandAsync(restored, "restore", "--from", restored);
        Assert.Equal((1, true), (code, output.Contains("There is no finished backup", StringComparison.Ordinal)));
        (code, output) = await CommandAsync(restored, "backup");
        Assert.Equal((2, true), (code, output.Contains("--to", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Maintenance_finds_what_is_missing_removes_what_is_too_much_and_gives_space_back()
    {
        var (good, lost) = (await EndedAsync("true", ClassicStatus.Completed), await EndedAsync("true", ClassicStatus.Completed));
        var jobs = Path.Combine(Options.DataPath, "jobs");
        Directory.CreateDirectory(Path.Combine(jobs, "4711", "input"));
        await File.WriteAllTextAsync(Path.Combine(jobs, "4711", "input", "orphan"), "12345", Cancellation);
        var (code, output) = await CommandAsync(_system.Directory, "maintenance", "--check");
        Assert.True(code == 0 && output.Contains("is whole", StringComparison.Ordinal) && output.Contains("Every job that should have files has them.", StringComparison.Ordinal), output);
        Assert.True(Directory.Exists(Path.Combine(jobs, "4711")));

        (code, output) = await CommandAsync(_system.Directory, "maintenance");
        Assert.True(code == 0 && output.Contains("Removed the files of 1 jobs that do not exist, 5 bytes.", StringComparison.Ordinal), output);
        Assert.Contains("The server is running: the database's unused space is left as it is.", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(jobs, "4711")));
        Assert.NotEmpty(await _system.Http.ZipAsync($"/download/{good}"));

        var options = Options;
        await _system.StopServerAsync();
        Directory.Delete(Path.Combine(jobs, $"{lost}"), recursive: true);
        await using (var connection = new SqliteConnection($"Data Source={options.DatabasePath};Pooling=false"))
        {
            await connection.OpenAsync(Cancellation);
            await using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE ballast AS SELECT randomblob(3000000) AS bytes; DROP TABLE ballast; PRAGMA wal_checkpoint(TRUNCATE)";
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        var before = new FileInfo(options.DatabasePath).Length;
        (code, output) = await CommandAsync(_system.Directory, "maintenance");
        Assert.True(code == 1 && output.Contains($"Files of job {lost} are missing below {options.DataPath}.", StringComparison.Ordinal), output);
        Assert.InRange(new FileInfo(options.DatabasePath).Length, 1, before - 2_000_000);
    }

    private async Task<int> EndedAsync(string script, ClassicStatus status, int userId = 1)
    {
        var id = await _system.Http.SubmitAsync(Form.Job(script, userId));
        Assert.Equal(status, (await _system.Http.EndAsync(id)).Status);
        return id;
    }

    private async Task<BackupReport> BackUpAsync()
    {
        _clock.Advance(TimeSpan.FromSeconds(1));
        return await new BackupRun(Options, new BackupDirectory(Target), _clock).RunAsync(Month, Cancellation);
    }

    private IEnumerable<string> RotateTo(TimeSpan keep)
    {
        var directory = new BackupDirectory(Target);
        directory.Rotate(_clock.GetUtcNow() - keep);
        return directory.List().Select(s => s.Name);
    }

    private async Task RestoreAsync(ServerOptions options)
    {
        var run = new RestoreRun(options, new BackupDirectory(Target), _clock);
        await run.RunAsync(await run.PlanAsync(name: null, Cancellation), Cancellation);
    }

    private ServerOptions OptionsIn(string directory) =>
        Options with { DatabasePath = TestServer.DatabaseIn(directory), DataPath = Path.Combine(directory, "data") };

    private async Task CheckSumsAsync(BackupSnapshot snapshot)
    {
        await using var run = ProgramRun.Start("bash", ["-c", $"cd '{Target}' && sha256sum --quiet -c 'snapshots/{snapshot.Name}/SHA256SUMS'"]);
        Assert.True(await run.ExitAsync(Cancellation) == 0, run.Output);
    }

    private static async Task<(int Code, string Output)> CommandAsync(string directory, params string[] arguments)
    {
        await using var run = ProgramRun.Start(Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.Server"), arguments, new Dictionary<string, string>
        {
            ["DB_PATH"] = TestServer.DatabaseIn(directory),
            ["DATA_PATH"] = Path.Combine(directory, "data"),
        });
        return (await run.ExitAsync(Cancellation), run.Output);
    }
}
