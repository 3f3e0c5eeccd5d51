using System.Net;
using System.Net.Http.Json;
using JobOrchestrator.AppHost.Standalone;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Reliability;

/// <summary>A client that is to end, or to rest, finishes what it has and takes nothing new.</summary>
public sealed class DrainTests
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_drained_client_gets_nothing_new_until_it_is_resumed()
    {
        await using var system = await TestSystem.StartAsync(clients: 2, clientSettings: ["SLOTS=4"]);
        var registry = system.Server.Get<ClientRegistry>();
        while (registry.All.Count(n => n.Health == NodeHealth.Healthy) < 2)
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }

        var drained = registry.All[0];
        await drained.Protocol.SetDrainingAsync(true, Cancellation);
        await HealthAsync(drained, NodeHealth.Draining);
        foreach (var attempt in await RunFourAsync())
        {
            Assert.NotEqual(drained.Address, attempt.Client);
        }

        await drained.Protocol.SetDrainingAsync(false, Cancellation);
        await HealthAsync(drained, NodeHealth.Healthy);
        await registry.All.Single(n => n != drained).Protocol.SetDrainingAsync(true, Cancellation);
        await HealthAsync(registry.All.Single(n => n != drained), NodeHealth.Draining);
        foreach (var attempt in await RunFourAsync())
        {
            Assert.Equal(drained.Address, attempt.Client);
        }

        async Task<List<JobAttempt>> RunFourAsync()
        {
            var attempts = new List<JobAttempt>();
            for (var i = 0; i < 4; i++)
            {
                var id = await system.Http.SubmitAsync(Form.Job("true"));
                Assert.Equal(ClassicStatus.Completed, (await system.Http.EndAsync(id)).Status);
                attempts.AddRange(await system.Server.Get<JobStore>().ListAttemptsAsync(id, Cancellation));
            }

            return attempts;
        }
    }

    [Fact]
    public async Task SIGTERM_lets_a_client_finish_what_it_has_and_then_end()
    {
        using var directory = new TemporaryDirectory();
        await using var client = Client(directory, drainTime: 60);
        await client.StartAsync(Cancellation);
        await using var server = await TestServer.StartAsync(directory.Path, [$"SERVICE_EXAMPLE_CLIENTS={client.Address}"]);
        var id = await server.Http.SubmitAsync(Form.Job($"until [ -e '{directory.Path}/go' ]; do sleep 0.01; done; echo done > out.txt"));
        await server.Http.UntilAsync(id, s => s.Status == ClassicStatus.Running);
        client.Signal(Processes.SigTerm);
        using var http = new HttpClient { BaseAddress = client.Address };
        while (!(await http.GetFromJsonAsync("/status", ContractsJson.Default.ClientStatus, Cancellation))!.Draining)
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.PutAsync(999, 1, ExecutionCalls.Execution("true"))).Code);
        using (var resume = await http.PostAsync("/resume", null, Cancellation))
        {
            Assert.Equal(HttpStatusCode.Conflict, resume.StatusCode);
        }

        await File.WriteAllTextAsync(Path.Combine(directory.Path, "go"), string.Empty, Cancellation);
        Assert.Equal(0, await client.ExitAsync(Cancellation));
        Assert.Equal(ClassicStatus.Completed, (await server.Http.EndAsync(id)).Status);
        Assert.Equal("done\n", (await server.Http.ZipAsync($"/download/{id}"))["out.txt"]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(directory.Path, "client", "executions")));
    }

    [Fact]
    public async Task What_is_not_done_when_the_drain_is_over_goes_on_and_is_found_by_the_next_start()
    {
        using var directory = new TemporaryDirectory();
        await using var client = Client(directory, drainTime: 1);
        await client.StartAsync(Cancellation);
        await using var server = await TestServer.StartAsync(directory.Path, [$"SERVICE_EXAMPLE_CLIENTS={client.Address}"]);
        var id = await server.Http.SubmitAsync(Form.Job(
            $"echo run >> '{directory.Path}/runs'; until [ -e '{directory.Path}/go' ]; do sleep 0.01; done; echo done > out.txt"));
        await server.Http.UntilAsync(id, s => s.Status == ClassicStatus.Running);
        client.Signal(Processes.SigTerm);
        Assert.Equal(0, await client.ExitAsync(Cancellation));
        await client.StartAsync(Cancellation);
        await File.WriteAllTextAsync(Path.Combine(directory.Path, "go"), string.Empty, Cancellation);
        Assert.Equal(ClassicStatus.Completed, (await server.Http.EndAsync(id)).Status);
        Assert.Single(await File.ReadAllLinesAsync(Path.Combine(directory.Path, "runs"), Cancellation));
        Assert.Single(await server.Get<JobStore>().ListAttemptsAsync(id, Cancellation));
    }

    private static Daemon Client(TemporaryDirectory directory, int drainTime) => new(
        "JobOrchestrator.Client", FreePort.Choose(), new Dictionary<string, string>
        {
            ["DATA_PATH"] = Path.Combine(directory.Path, "client"),
            ["DRAIN_TIME"] = $"{drainTime}",
            ["SANDBOX"] = "process",
        });

    private static async Task HealthAsync(ClientNode node, NodeHealth health)
    {
        while (node.Health != health)
        {
            await Task.Delay(Pause, TimeProvider.System, Cancellation);
        }
    }
}
