using System.Net;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Server.Jobs;

/// <summary>What a job asks for lowers what its service gives: it is checked, kept, shown, and holds on the client.</summary>
public sealed class V1LimitTests : IAsyncLifetime
{
    private TestSystem _system = null!;

    private HttpClient Http => _system.Http;

    public async ValueTask InitializeAsync() => _system = await TestSystem.StartAsync(
        settings:
        [
            "SERVICE_EXAMPLE_CPUS=8", "SERVICE_EXAMPLE_CPU_LIMIT=600", "SERVICE_EXAMPLE_MEMORY_LIMIT=4G", "SERVICE_EXAMPLE_PROCESSES_LIMIT=500",
            "SERVICE_EXAMPLE_OPEN_FILES_LIMIT=512", "SERVICE_EXAMPLE_FILE_SIZE_LIMIT=1G", "SERVICE_EXAMPLE_DISK_LIMIT=2G", "SERVICE_EXAMPLE_DISK_ENTRIES_LIMIT=5000",
        ],
        clientSettings: ["KILL_GRACE=1", "SLOTS=4", "VALIDATION=off"]); // which refuses endless loops

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    [Theory]
    [InlineData("cpu_time", "1", "while :; do :; done", "more CPU time than its limit of 1 s")]
    [InlineData("memory", "40M", "perl -e '$x = \"x\" x 90000000; sleep 60'; sleep 60", "more memory than its limit of 40 MiB")]
    [InlineData("processes", "3", "for i in 1 2 3 4 5 6; do sleep 60 & done; wait", "more processes than its limit of 3")]
    [InlineData("file_size", "64K", "exec head -c 70000 /dev/zero > big", "a file longer than its limit of 65536 bytes")]
    [InlineData("disk", "1M", "head -c 3000000 /dev/urandom > big; while :; do :; done", "more space than its limit of 1 MiB")]
    [InlineData("disk_entries", "16", "for i in {1..40}; do : > f$i; done; while :; do :; done", "more files and directories than its limit of 16")]
    public async Task A_limit_that_a_job_asks_for_ends_it(string field, string value, string script, string message)
    {
        var job = await Http.JobEndAsync((await Http.SubmitV1Async(Form.Job(script).Field(field, value))).Id);
        Assert.Equal((JobStatus.Failed, EndReason.LimitExceeded), (job.State, job.Reason));
        Assert.Contains(message, job.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_files_and_output_are_lowered_too()
    {
        var job = await Http.JobEndAsync((await Http.SubmitV1Async(Form.Job("ulimit -n; head -c 5000 /dev/zero | tr '\\0' x").Field("open_files", "40").Field("output", "1K"))).Id);
        Assert.Equal(JobStatus.Completed, job.State);
        var output = await Http.GetStringAsync($"/api/v1/jobs/{job.Id}/logs", TestContext.Current.CancellationToken);
        Assert.StartsWith("40\nxxx", output, StringComparison.Ordinal);
        Assert.InRange(output.Count(c => c == 'x'), 1024 - 3, 1024 + 1);
    }

    [Fact]
    public async Task What_was_asked_for_is_on_record_and_what_the_service_gives_is_told_and_a_resubmission_asks_for_the_same()
    {
        var form = Form.Job("true").Field("cpus", "1.5").Field("cpu_time", "60").Field("memory", "1G").Field("processes", "50").Field("open_files", "100")
            .Field("file_size", "10M").Field("disk", "100M").Field("disk_entries", "1000").Field("output", "64K").Field("timeout", "30");
        var asked = new JobLimits
        {
            TimeoutSeconds = 30,
            Cpus = 1.5,
            CpuTimeSeconds = 60,
            MemoryBytes = 1L << 30,
            Processes = 50,
            OpenFiles = 100,
            FileSizeBytes = 10 << 20,
            DiskBytes = 100 << 20,
            DiskEntries = 1000,
            OutputBytes = 64 << 10,
        };
        var job = await Http.SubmitV1Async(form);
        Assert.Equal(asked, job.Limits);
        Assert.Equal(asked, (await Http.JobEndAsync(job.Id)).Limits);
        Assert.Equal(
            new JobLimits
            {
                Cpus = 8,
                CpuTimeSeconds = 600,
                MemoryBytes = 4L << 30,
                Processes = 500,
                OpenFiles = 512,
                FileSizeBytes = 1 << 30,
                DiskBytes = 2L << 30,
                DiskEntries = 5000,
            },
            Assert.Single((await Http.GetV1Async("/services", V1Json.Default.ServiceList)).Services).Limits);

        await _system.RestartServerAsync();
        Assert.Equal(asked, (await Http.JobAsync(job.Id)).Limits);

        using var answer = await Http.PostAsync($"/api/v1/jobs/{job.Id}/resubmit", null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal(asked, (await Http.JobAsync(job.Id + 1)).Limits);
    }

    [Fact]
    public async Task What_a_job_does_not_ask_for_the_service_gives()
    {
        var job = await Http.JobEndAsync((await Http.SubmitV1Async(Form.Job("ulimit -n").Field("disk", "1M"))).Id);
        Assert.Equal("512\n", await Http.GetStringAsync($"/api/v1/jobs/{job.Id}/logs", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("cpus", "9", "Field 'cpus' is 9, but service 'example' allows at most 8")]
    [InlineData("cpu_time", "601", "Field 'cpu_time' is 601 s, but service 'example' allows at most 600 s")]
    [InlineData("memory", "5G", "Field 'memory' is 5368709120 bytes, but service 'example' allows at most 4294967296 bytes")]
    [InlineData("processes", "501", "Field 'processes' is 501, but service 'example' allows at most 500")]
    [InlineData("open_files", "513", "Field 'open_files' is 513, but service 'example' allows at most 512")]
    [InlineData("file_size", "2G", "Field 'file_size' is 2147483648 bytes, but service 'example' allows at most 1073741824 bytes")]
    [InlineData("disk", "3G", "Field 'disk' is 3221225472 bytes, but service 'example' allows at most 2147483648 bytes")]
    [InlineData("disk_entries", "5001", "Field 'disk_entries' is 5001, but service 'example' allows at most 5000")]
    [InlineData("output", "65M", "Field 'output' is 68157440 bytes, but service 'example' allows at most 67108864 bytes")]
    [InlineData("cpu_time", "0", "Field 'cpu_time' is '0', but must be a whole number from 1 to")]
    [InlineData("memory", "1000", "Field 'memory' is '1000', but must be at least 1048576 bytes")]
    [InlineData("processes", "0", "Field 'processes' is '0', but must be a whole number from 1 to")]
    [InlineData("open_files", "31", "Field 'open_files' is '31', but must be a whole number from 32 to")]
    [InlineData("file_size", "1K", "Field 'file_size' is '1K', but must be at least 65536 bytes")]
    [InlineData("disk", "much", "Field 'disk' is 'much', but must be at least 65536 bytes: a number, or one with a unit, such as 512M or 4G")]
    [InlineData("disk_entries", "1e3", "Field 'disk_entries' is '1e3', but must be a whole number from 16 to")]
    [InlineData("output", "-1", "Field 'output' is '-1', but must be at least 0 bytes")]
    public async Task More_than_the_service_allows_and_what_is_no_limit_is_refused_by_name(string field, string value, string detail)
    {
        using var content = Form.Job("true").Field(field, value).ToContent();
        Assert.StartsWith(detail, await Http.ProblemAsync(HttpMethod.Post, "/jobs", HttpStatusCode.BadRequest, "invalid_upload", content), StringComparison.Ordinal);
    }
}
