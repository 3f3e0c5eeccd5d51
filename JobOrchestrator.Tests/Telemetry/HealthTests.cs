using System.Net;
using System.Text.Json;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Telemetry;

public class HealthTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_check_says_what_an_operator_needs()
    {
        await using var system = await TestSystem.StartAsync();
        JsonElement checks;
        do
        {
            using var body = JsonDocument.Parse(await system.Http.GetStringAsync("/health", Cancellation));
            Assert.Equal("ok", body.RootElement.GetProperty("status").GetString());
            checks = body.RootElement.GetProperty("checks").Clone();
        }
        while (checks.GetProperty("clients").GetProperty("status").GetString() != "ok");

        Assert.Equal("1 of 1 client nodes take jobs", checks.GetProperty("clients").GetProperty("description").GetString());
        Assert.Equal(1, checks.GetProperty("clients").GetProperty("healthy").GetInt32());
        Assert.True(checks.GetProperty("disk").GetProperty("free").GetInt64() > 0);
        Assert.All((string[])["self", "database", "dispatcher", "disk"], name => Assert.Equal("ok", checks.GetProperty(name).GetProperty("status").GetString()));
        Assert.All(checks.EnumerateObject(), check => Assert.True(check.Value.GetProperty("seconds").GetDouble() >= 0));
    }

    [Fact]
    public async Task A_server_without_client_nodes_is_degraded_and_still_ready()
    {
        await using var system = await TestSystem.StartAsync(clients: 0);
        using var answer = await system.Http.GetAsync("/health", Cancellation);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal((HttpStatusCode.OK, "ok", "degraded"), (answer.StatusCode, body.RootElement.GetProperty("status").GetString(), body.RootElement.GetProperty("clients").GetString()));
        using var alive = await system.Http.GetAsync("/alive", Cancellation);
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
    }
}
