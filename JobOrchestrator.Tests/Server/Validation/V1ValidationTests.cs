using System.Net;
using System.Net.Http.Json;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Server.Validation;

/// <summary>Asking about a script without running it.</summary>
public sealed class V1ValidationTests
{
    [Fact]
    public async Task A_client_s_validator_says_what_speaks_against_a_script()
    {
        await using var system = await TestSystem.StartAsync();
        var good = await ValidateAsync("echo fine");
        Assert.True(good.Accepted, string.Join(", ", good.Findings));
        var bad = await ValidateAsync("echo one\r\necho two\r\n");
        var finding = Assert.Single(bad.Findings);
        Assert.Equal((false, "script/line-endings", "error", 1), (bad.Accepted, finding.Rule, finding.Severity, finding.Line));
        Assert.Empty((await system.Http.GetV1Async("/jobs", V1Json.Default.JobPage)).Jobs);

        using var none = new Form().Field("service", "example").ToContent();
        await system.Http.ProblemAsync(HttpMethod.Post, "/validate", HttpStatusCode.BadRequest, "invalid_upload", none);
        using var other = new Form().Field("service", "other").File("run.sh", "true").ToContent();
        await system.Http.ProblemAsync(HttpMethod.Post, "/validate", HttpStatusCode.BadRequest, "invalid_upload", other);

        async Task<ScriptVerdict> ValidateAsync(string script)
        {
            // A node is asked once it is known to be well.
            await system.Http.GetV1UntilAsync("/clients", V1Json.Default.ClientList, list => list.Clients.Any(c => c.Health == ClientHealth.Healthy));
            using var form = new Form().Field("service", "example").File("run.sh", script).ToContent();
            using var answer = await system.Http.PostAsync("/api/v1/validate", form, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return (await answer.Content.ReadFromJsonAsync(V1Json.Default.ScriptVerdict, TestContext.Current.CancellationToken))!;
        }
    }

    [Fact]
    public async Task Without_a_client_nobody_can_say()
    {
        await using var system = await TestSystem.StartAsync(clients: 0);
        using var form = new Form().File("run.sh", "true").ToContent();
        await system.Http.ProblemAsync(HttpMethod.Post, "/validate", HttpStatusCode.ServiceUnavailable, "unavailable", form);
    }
}
