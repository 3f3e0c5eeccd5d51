using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Data;
using JobOrchestrator.Server.Webhooks;
using JobOrchestrator.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;

namespace JobOrchestrator.Tests.Server.Webhooks;

/// <summary>Reports of jobs' ends, to a real receiver.</summary>
public sealed class WebhookTests
{
    private const string Secret = "a-secret-of-the-tests";
    private const string Loopback = "WEBHOOK_NETWORKS=127.0.0.0/8";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_end_is_reported_signed_again_until_it_is_taken_and_across_a_restart()
    {
        await using var receiver = await WebhookReceiverDouble.StartAsync();
        receiver.Answers.Enqueue(500);
        using var directory = new TemporaryDirectory();
        var file = Path.Combine(directory.Path, "secret");
        await File.WriteAllTextAsync(file, Secret + "\n", Cancellation);
        string[] settings = [$"WEBHOOK_SECRET_FILE={file}", Loopback];
        await using var system = await TestSystem.StartAsync(settings: settings);
        var job = await system.Http.SubmitV1Async(Form.Job("exit 5").Field("callback_url", receiver.Address));
        Assert.Equal(receiver.Address, job.CallbackUrl);
        var first = (await receiver.CallsAsync(1))[0];
        await DeliveryAsync(system, job.Id, d => d is { Calls: 1, DueAt: not null });
        await MakeDueAsync(system, job.Id);
        await system.RestartServerAsync(settings);

        var second = (await receiver.CallsAsync(2))[1];
        await DeliveryAsync(system, job.Id, d => d is { Calls: 2, DueAt: null, DeliveredAt: not null });
        Assert.Equal(first.Headers[WebhookSender.DeliveryHeader], second.Headers[WebhookSender.DeliveryHeader]);
        var report = JsonSerializer.Deserialize(second.Body, V1Json.Default.WebhookReport)!;
        Assert.Equal(("job.ended", job.Id, JobStatus.Failed, 5), (report.Type, report.Job.Id, report.Job.State, report.Job.ExitCode));

        // As a receiver checks it.
        var signature = second.Headers[WebhookSignature.HeaderName].ToString().Split(',').ToDictionary(p => p.Split('=')[0], p => p.Split('=')[1]);
        var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes($"{signature["t"]}.{second.Body}"));
        Assert.Equal(Convert.ToHexStringLower(expected), signature["v1"]);
        Assert.InRange(DateTimeOffset.FromUnixTimeSeconds(long.Parse(signature["t"], System.Globalization.CultureInfo.InvariantCulture)), job.QueuedAt.AddMinutes(-1), job.QueuedAt.AddMinutes(10));
    }

    [Fact]
    public async Task A_service_s_jobs_are_reported_to_its_address_classic_ones_too_and_a_410_ends_it()
    {
        await using var receiver = await WebhookReceiverDouble.StartAsync();
        receiver.Answers.Enqueue(410);
        await using var system = await TestSystem.StartAsync(
            settings: [$"WEBHOOK_SECRET={Secret}", Loopback, $"SERVICE_EXAMPLE_CALLBACK_URL={receiver.Address}"]);
        var id = await system.Http.SubmitAsync(Form.Job("true"));
        Assert.Contains($"\"id\":{id},", (await receiver.CallsAsync(1))[0].Body, StringComparison.Ordinal);
        await DeliveryAsync(system, id, d => d is { Calls: 1, DueAt: null, DeliveredAt: null, LastOutcome: "The receiver answered 410" });
    }

    [Fact]
    public async Task A_private_address_is_not_called()
    {
        await using var receiver = await WebhookReceiverDouble.StartAsync();
        await using var system = await TestSystem.StartAsync(settings: [$"WEBHOOK_SECRET={Secret}"]);
        foreach (var address in (string[])[receiver.Address, receiver.Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal), receiver.Address.Replace("127.0.0.1", "[::ffff:127.0.0.1]", StringComparison.Ordinal)])
        {
            var job = await system.Http.SubmitV1Async(Form.Job("true").Field("callback_url", address));
            await DeliveryAsync(system, job.Id, d => d.Calls == 1 && d.LastOutcome.Contains("which is not public and not among WEBHOOK_NETWORKS", StringComparison.Ordinal));
        }

        Assert.Empty(receiver.Received);
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700:4700::1111", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.31.0.1", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("fd00::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("10.9.0.7", true, "10.9.0.0/16")]
    public void Only_public_addresses_and_named_networks_are_called(string address, bool allowed, string? networks = null)
    {
        var errors = new List<string>();
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new("WEBHOOK_NETWORKS", networks)]).Build();
        var addresses = new CallbackAddress(WebhookOptions.Load(settings, errors));
        Assert.Empty(errors);
        Assert.Equal(allowed, addresses.IsAllowed(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("ftp://example.org/", "must be an http or https address")]
    [InlineData("hook", "must be an http or https address")]
    [InlineData("http://user:pw@example.org/", "must not contain a user name")]
    public async Task A_wrong_address_is_refused_and_any_where_webhooks_are_off(string address, string detail)
    {
        await using var system = await TestSystem.StartAsync(clients: 0, settings: [$"WEBHOOK_SECRET={Secret}"]);
        using var wrong = Form.Job("true").Field("callback_url", address).ToContent();
        Assert.Contains(detail, await system.Http.ProblemAsync(HttpMethod.Post, "/jobs", HttpStatusCode.BadRequest, "invalid_upload", wrong), StringComparison.Ordinal);
        await system.RestartServerAsync();
        using var off = Form.Job("true").Field("callback_url", "https://example.org/").ToContent();
        Assert.Contains("WEBHOOK_SECRET", await system.Http.ProblemAsync(HttpMethod.Post, "/jobs", HttpStatusCode.BadRequest, "invalid_upload", off), StringComparison.Ordinal);
    }

    /// <summary>Waits until the job's delivery is as wanted.</summary>
    private static async Task DeliveryAsync(TestSystem system, int jobId, Func<WebhookDelivery, bool> wanted)
    {
        while (true)
        {
            await using var context = await system.Server.Get<IDbContextFactory<JobsDbContext>>().CreateDbContextAsync(Cancellation);
            if (await context.Deliveries.AsNoTracking().SingleOrDefaultAsync(d => d.JobId == jobId, Cancellation) is { } delivery && wanted(delivery))
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
        }
    }

    /// <summary>Brings the repetition forward, instead of waiting for it.</summary>
    private static Task MakeDueAsync(TestSystem system, int jobId) => system.Server.Get<DatabaseWriter>().WriteAsync(context =>
        context.Deliveries.Where(d => d.JobId == jobId && d.DueAt != null)
            .ExecuteUpdateAsync(set => set.SetProperty(d => d.DueAt, DateTimeOffset.UnixEpoch)));
}
