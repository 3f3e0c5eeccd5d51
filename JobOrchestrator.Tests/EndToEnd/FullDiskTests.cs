using System.Net;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.EndToEnd;

/// <summary>A disk that is really full, and has room again later: uploads are refused in words, what there is goes on, and no restart is needed.</summary>
[Trait("Category", "Slow")]
public sealed class FullDiskTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Data => Path.Combine(_directory.Path, "data");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("MIN_FREE_BYTES=1000000")] // refused at once
    [InlineData("MIN_FREE_BYTES=0")] // noticed while it is written
    public async Task An_upload_that_does_not_fit_is_507_leaves_nothing_and_fits_when_there_is_room_again(string setting)
    {
        Directory.CreateDirectory(Data);
        using var disk = SmallDisk.Mount(Data, mebibytes: 8);
        await using var server = await TestServer.StartAsync(_directory.Path, ["SERVICE_EXAMPLE_CLIENTS=http://127.0.0.1:1", setting]);
        var before = await server.Http.SubmitAsync(Form.Job("true"));
        disk.Fill(leave: 512 << 10);
        var (code, body) = await server.Http.UploadAsync(Form.Job("true").File("large", new byte[1 << 20]).ToContent());
        Assert.Equal(HttpStatusCode.InsufficientStorage, code);
        Assert.Equal(new StatusBody(0, ClassicStatus.Unknown, "The server's disk is full; nothing was stored. Try again later"), body);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Data, "staging")));
        Assert.Equal(ClassicStatus.Queued, (await server.Http.StatusAsync(before)).Status);

        disk.Fill();
        (code, _) = await server.Http.UploadAsync(Form.Job("true").ToContent());
        Assert.Equal(HttpStatusCode.InsufficientStorage, code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Data, "staging")));

        disk.Free();
        await server.Http.SubmitAsync(Form.Job("true").File("large", new byte[1 << 20]));
    }

    [Fact]
    public async Task A_result_that_does_not_fit_is_fetched_when_there_is_room_again_and_the_job_runs_once()
    {
        Directory.CreateDirectory(Data);
        using var disk = SmallDisk.Mount(Data, mebibytes: 8);
        await using var client = await TestClient.StartAsync(Path.Combine(_directory.Path, "client"));
        await using var server = await TestServer.StartAsync(_directory.Path, [$"SERVICE_EXAMPLE_CLIENTS={client.Address}", "MIN_FREE_BYTES=0"]);
        var id = await server.Http.SubmitAsync(Form.Job(
            $"until [ -e '{_directory.Path}/go' ]; do sleep 0.01; done; head -c 750000 /dev/urandom | base64 -w 0 > large; touch '{_directory.Path}/ended'"));
        await server.Http.UntilAsync(id, status => status.Status == ClassicStatus.Running);
        disk.Fill(leave: 100 << 10);
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "go"), string.Empty, Cancellation);
        while (!File.Exists(Path.Combine(_directory.Path, "ended")))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
        }

        // Long enough for a first try that fails.
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, Cancellation);
        Assert.Equal(ClassicStatus.Running, (await server.Http.StatusAsync(id)).Status);
        disk.Free();
        Assert.Equal(ClassicStatus.Completed, (await server.Http.EndAsync(id)).Status);
        Assert.Equal(1_000_000, (await server.Http.ZipAsync($"/download/{id}"))["large"].Length);
        Assert.Single(await server.Get<JobStore>().ListAttemptsAsync(id, Cancellation));
        await Processes.KillAllWithMarkerAsync(_directory.Path);
    }

    [Fact]
    public async Task With_the_databases_disk_full_uploads_are_507_and_running_jobs_end_when_there_is_room_again()
    {
        var storage = Directory.CreateDirectory(Path.Combine(_directory.Path, "storage")).FullName;
        using var disk = SmallDisk.Mount(storage, mebibytes: 16);
        await using var client = await TestClient.StartAsync(Path.Combine(_directory.Path, "client"));
        await using var server = await TestServer.StartAsync(storage, [$"SERVICE_EXAMPLE_CLIENTS={client.Address}", "MIN_FREE_BYTES=0"]);
        var id = await server.Http.SubmitAsync(Form.Job($"until [ -e '{_directory.Path}/go' ]; do sleep 0.01; done; echo done > out.txt"));
        await server.Http.UntilAsync(id, status => status.Status == ClassicStatus.Running);
        var refused = 0;
        disk.Fill();
        while (refused == 0)
        {
            // The database's log has room of its own for some more; then it has not.
            var (code, body) = await server.Http.UploadAsync(Form.Job("true").ToContent());
            if (code == HttpStatusCode.InsufficientStorage)
            {
                Assert.Equal("The server's disk is full; nothing was stored. Try again later", body.Message);
                refused++;
            }
        }

        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "go"), string.Empty, Cancellation);
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, Cancellation); // a first try that fails
        disk.Free();
        Assert.Equal(ClassicStatus.Completed, (await server.Http.EndAsync(id)).Status);
        Assert.Equal(ClassicStatus.Completed, (await server.Http.EndAsync(await server.Http.SubmitAsync(Form.Job("true")))).Status);
        Assert.Single(await server.Get<JobStore>().ListAttemptsAsync(id, Cancellation));
        await Processes.KillAllWithMarkerAsync(_directory.Path);
    }
}
