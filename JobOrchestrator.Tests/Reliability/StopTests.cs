using System.Net;
using JobOrchestrator.AppHost.Standalone;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Server;
using JobOrchestrator.ServiceDefaults;
using JobOrchestrator.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace JobOrchestrator.Tests.Reliability;

/// <summary>The server is told to stop while work is under way.</summary>
public sealed class StopTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_upload_under_way_is_finished_and_acknowledged()
    {
        using var directory = new TemporaryDirectory();
        await using var client = await TestClient.StartAsync(Path.Combine(directory.Path, "client"));
        await using var server = Server(directory, client.Address, stopGrace: 60);
        await server.StartAsync(Cancellation);
        using var http = new HttpClient { BaseAddress = server.Address };
        var body = await Form.Job("echo done > out.txt").ToContent().ReadAsByteArrayAsync(Cancellation);
        using var content = new HeldContent(body);
        content.Headers.ContentType = Form.Job("true").ToContent().Headers.ContentType;
        var sending = http.UploadAsync(content);
        await content.HalfSent;
        server.Signal(Processes.SigTerm);
        await RefusesAsync(server.Address);
        content.SendRest();
        var (code, answer) = await sending;
        Assert.Equal((HttpStatusCode.Created, ClassicStatus.Queued), (code, answer.Status));
        Assert.Equal(0, await server.ExitAsync(Cancellation));
        await server.StartAsync(Cancellation);
        Assert.Equal(ClassicStatus.Completed, (await http.EndAsync(answer.Id)).Status);
    }

    [Fact]
    public async Task A_transfer_that_does_not_end_is_given_up_and_the_process_ends_in_order()
    {
        using var directory = new TemporaryDirectory();
        await using var node = await StubbornClientDouble.StartAsync();
        node.HangsAt = "/1/1"; // its submission
        await using var server = Server(directory, new Uri(node.Address), stopGrace: 1);
        await server.StartAsync(Cancellation);
        using var http = new HttpClient { BaseAddress = server.Address };
        var id = await http.SubmitAsync(Form.Job("true"));
        await http.UntilAsync(id, s => s.Status == ClassicStatus.Processing);
        server.Signal(Processes.SigTerm);
        Assert.Equal(0, await server.ExitAsync(Cancellation));
        await server.StartAsync(Cancellation);
        node.HangsAt = null;
        await http.UntilAsync(id, s => s.Status == ClassicStatus.Submitted); // by another attempt
    }

    [Fact]
    public async Task A_program_told_to_end_in_the_middle_of_its_start_ends_in_order()
    {
        using var directory = new TemporaryDirectory();
        var start = new EndedStart();
        var app = ServerApp.Create(
            ["--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None", $"--DB_PATH={TestServer.DatabaseIn(directory.Path)}", $"--DATA_PATH={directory.Path}/data"],
            builder => builder.Services.AddSingleton<IHostedService>(start));
        start.Lifetime = app.Lifetime;
        await app.RunToEndAsync().WaitAsync(Cancellation);
        Assert.False(start.WasFinished);
    }

    private static Daemon Server(TemporaryDirectory directory, Uri client, int stopGrace) => new(
        "JobOrchestrator.Server", FreePort.Choose(), new Dictionary<string, string>
        {
            ["AUTH"] = "off",
            ["DB_PATH"] = TestServer.DatabaseIn(directory.Path),
            ["DATA_PATH"] = Path.Combine(directory.Path, "data"),
            ["STOP_GRACE"] = $"{stopGrace}",
            ["CLIENT_LOST_AFTER"] = "2",
            ["SERVICE_EXAMPLE_CLIENTS"] = client.ToString(),
        });

    /// <summary>Waits until nobody listens any more.</summary>
    private static async Task RefusesAsync(Uri address)
    {
        while (!FreePort.IsFree(address.Port))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
        }
    }

    /// <summary>Is there when everything starts, and tells the program to end.</summary>
    private sealed class EndedStart : IHostedLifecycleService
    {
        public IHostApplicationLifetime? Lifetime { get; set; }

        public bool WasFinished { get; private set; }

        public Task StartingAsync(CancellationToken cancellationToken)
        {
            Lifetime!.StopApplication();
            return Task.CompletedTask;
        }

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken)
        {
            WasFinished = true;
            return Task.CompletedTask;
        }

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>A body of which the second half comes when the test says so.</summary>
    private sealed class HeldContent(byte[] body) : HttpContent
    {
        private readonly TaskCompletionSource _halfSent = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _rest = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task HalfSent => _halfSent.Task;

        public void SendRest() => _rest.SetResult();

        protected override bool TryComputeLength(out long length)
        {
            length = body.Length;
            return true;
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(body.AsMemory(0, body.Length / 2));
            await stream.FlushAsync();
            _halfSent.SetResult();
            await _rest.Task;
            await stream.WriteAsync(body.AsMemory(body.Length / 2));
        }
    }
}
