using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.EndToEnd;

/// <summary>What the validator says reaches the user and the job's record.</summary>
public sealed class ValidationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Defect_18_a_refused_script_is_invalid_and_its_message_names_line_rule_and_reason()
    {
        await using var system = await TestSystem.StartAsync();
        var id = await system.Http.SubmitAsync(Form.Job($"touch '{system.Directory}/ran'\nc\\url -O http://198.51.100.7/x\n"));
        var status = await system.Http.EndAsync(id);
        Assert.Equal(ClassicStatus.Invalid, status.Status);
        Assert.Equal("run.sh:2: network tool 'curl' (network/tool): a job has no network; upload what it needs together with run.sh", status.Message);
        Assert.False(File.Exists(Path.Combine(system.Directory, "ran")));
    }

    [Fact]
    public async Task Warnings_are_kept_with_a_job_that_runs()
    {
        await using var system = await TestSystem.StartAsync();
        var id = await system.Http.SubmitAsync(Form.Job("ls http://198.51.100.7/x || true"));
        Assert.Equal(ClassicStatus.Completed, (await system.Http.EndAsync(id)).Status);
        var job = await system.Server.Get<JobStore>().FindAsync(id, Cancellation);
        Assert.Equal(
            "run.sh:1: address 'http://198.51.100.7/x' (network/address): a job has no network; upload what it needs together with run.sh", job!.Warnings);
    }

    [Fact]
    public async Task The_rules_are_those_of_the_jobs_service()
    {
        await using var system = await TestSystem.StartAsync(clientSettings: ["VALIDATION_EXAMPLE_RULES=command:at=off; command:nice=error"]);
        var allowed = await system.Http.SubmitAsync(Form.Job("if false; then at now; fi"));
        var forbidden = await system.Http.SubmitAsync(Form.Job("nice true"));
        Assert.Equal(ClassicStatus.Completed, (await system.Http.EndAsync(allowed)).Status);
        Assert.StartsWith("run.sh:1: command 'nice' (custom/command)", (await system.Http.EndAsync(forbidden)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_enforcement_off_the_findings_are_warnings()
    {
        await using var system = await TestSystem.StartAsync(clientSettings: ["VALIDATION=warn"]);
        var id = await system.Http.SubmitAsync(Form.Job("false && sudo id\ntrue"));
        Assert.Equal(ClassicStatus.Completed, (await system.Http.EndAsync(id)).Status);
        var job = await system.Server.Get<JobStore>().FindAsync(id, Cancellation);
        Assert.Contains("'sudo' (privilege/tool)", job!.Warnings, StringComparison.Ordinal);
    }
}
