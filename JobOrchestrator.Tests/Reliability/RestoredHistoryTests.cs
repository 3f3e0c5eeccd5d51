using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Reliability;

/// <summary>A server on an older database gives numbers a second time, and client nodes remember the first.</summary>
public sealed class RestoredHistoryTests
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The command skips numbers; who puts an old copy in place by hand gives them again.</summary>
    [Theory]
    [InlineData(true, 1_000_002)]
    [InlineData(false, 2)]
    public async Task Defect_7_after_a_restore_a_number_that_comes_again_is_another_job(bool byCommand, int next)
    {
        await using var system = await RealSystem.StartAsync();
        var (backup, restored) = (Path.Combine(system.Directory, "backup"), Path.Combine(system.Directory, "restored"));
        Assert.Equal(1, await system.Http.SubmitAsync(Form.Job("echo first > out.txt")));
        Assert.Equal(ClassicStatus.Completed, (await system.Http.EndAsync(1)).Status);
        if (byCommand)
        {
            await system.RunServerAsync("backup", "--to", backup);
        }
        else
        {
            Processes.Signal(system.Server.Id, Processes.SigTerm);
            Assert.Equal(0, await system.Server.ExitAsync(Cancellation));
            CopyDirectory(Path.Combine(system.Directory, "data"), Path.Combine(restored, "data"));
            File.Copy(Path.Combine(system.Directory, "jobs.sqlite"), Path.Combine(restored, "jobs.sqlite"));
            await system.StartServerAsync();
        }

        // Two that the copy does not know: one that ends, one that goes on, while the server is gone.
        Assert.Equal(2, await system.Http.SubmitAsync(Form.Job("echo lost > out.txt; until [ -e go ]; do sleep 0.01; done")));
        Assert.Equal(3, await system.Http.SubmitAsync(Form.Job("echo lost > out.txt; sleep 1000", userId: 2)));
        await system.Http.UntilAsync(2, s => s.Status == ClassicStatus.Running);
        await system.Http.UntilAsync(3, s => s.Status == ClassicStatus.Running);
        await RealSystem.KillAsync(system.Server);
        await File.WriteAllTextAsync(Path.Combine(DirectoryOf(system, 2), "work", "go"), "", Cancellation);
        while ((await system.ExecutionsAsync()).Single(r => r.JobId == 2).State != ExecutionState.Completed)
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }

        await RealSystem.KillAsync(system.Client);
        system.MoveTo(restored, maxAge: "10000");
        if (byCommand)
        {
            await system.RunServerAsync("restore", "--from", backup, "--yes");
        }

        // The numbers are given before the client node is heard of, so that it is asked for what it has under them.
        await system.StartServerAsync();
        Assert.Equal(next, await system.Http.SubmitAsync(Form.Job("echo mine > out.txt")));
        Assert.Equal(next + 1, await system.Http.SubmitAsync(Form.Job("echo mine > out.txt", userId: 2)));
        await system.StartClientAsync();
        foreach (var id in new[] { next, next + 1 })
        {
            Assert.Equal(ClassicStatus.Completed, (await system.Http.EndAsync(id)).Status);
            Assert.Equal("mine\n", (await system.Http.ZipAsync($"/download/{id}"))["out.txt"]);
        }

        Assert.Equal("first\n", (await system.Http.ZipAsync("/download/1"))["out.txt"]);

        // What nobody waits for is ended and deleted there.
        while ((await system.ExecutionsAsync()).Count > 0)
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }

        await Processes.NoneLeftAsync(Path.Combine(system.Directory, "client", "executions"), Cancellation);
    }

    [Fact]
    public async Task Files_of_another_job_of_that_number_are_not_taken_for_the_upload()
    {
        await using var system = await TestSystem.StartAsync();
        var left = Path.Combine(system.Directory, "data", "jobs", "1");
        Directory.CreateDirectory(Path.Combine(left, "input"));
        await File.WriteAllTextAsync(Path.Combine(left, "input", "run.sh"), "echo theirs > out.txt", Cancellation);
        await File.WriteAllTextAsync(Path.Combine(left, "result.1.zip"), "theirs", Cancellation);
        var id = await system.Http.SubmitAsync(Form.Job("echo mine > out.txt"));
        Assert.Equal(1, id);
        Assert.Equal(ClassicStatus.Completed, (await system.Http.EndAsync(id)).Status);
        Assert.Equal("mine\n", (await system.Http.ZipAsync($"/download/{id}"))["out.txt"]);
    }

    /// <summary>The sender is told that it failed, so the job must not run later, and must not wait for ever either.</summary>
    [Fact]
    public async Task A_job_whose_upload_could_not_be_put_in_place_ends_when_the_database_is_back()
    {
        await using var system = await TestSystem.StartAsync(settings: ["CLIENT_LOST_AFTER=2"]);
        var inTheWay = Path.Combine(system.Directory, "data", "jobs", "1");
        await File.WriteAllTextAsync(inTheWay, "", Cancellation);
        var database = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={TestServer.DatabaseIn(system.Directory)};Pooling=False");
        await using (database)
        {
            await database.OpenAsync(Cancellation);
            await ExecuteAsync(database, "CREATE TRIGGER broken BEFORE UPDATE ON Jobs BEGIN SELECT RAISE(ABORT, 'broken'); END");
            using (var content = Form.Job("touch ran").ToContent())
            using (var answer = await system.Http.PostAsync("/upload", content, Cancellation))
            {
                Assert.True((int)answer.StatusCode >= 500);
            }

            var store = system.Server.Get<JobStore>();
            Assert.Equal(JobState.Queued, (await store.FindAsync(1, Cancellation))!.State);
            File.Delete(inTheWay);
            await ExecuteAsync(database, "DROP TRIGGER broken");
            while ((await store.FindAsync(1, Cancellation))!.State == JobState.Queued)
            {
                await Task.Delay(Pause, TimeProvider.System, Cancellation);
            }

            var job = (await store.FindAsync(1, Cancellation))!;
            Assert.Equal((JobState.Failed, EndReason.StorageFailed, 0), (job.State, job.Reason, job.Attempt));
        }

        while (Directory.EnumerateFileSystemEntries(Path.Combine(system.Directory, "data", "staging")).Any())
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }

        // The place in the queue is free again, and the number is used up.
        Assert.Equal(2, await system.Http.SubmitAsync(Form.Job("true")));
        Assert.Equal(ClassicStatus.Completed, (await system.Http.EndAsync(2)).Status);
    }

    private static async Task ExecuteAsync(Microsoft.Data.Sqlite.SqliteConnection database, string sql)
    {
        await using var command = database.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private static void CopyDirectory(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var directory in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, directory)));
        }

        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
        }
    }

    private static string DirectoryOf(RealSystem system, int id) =>
        Directory.EnumerateDirectories(Path.Combine(system.Directory, "client", "executions"), $"{id}-1-*").Single();
}
