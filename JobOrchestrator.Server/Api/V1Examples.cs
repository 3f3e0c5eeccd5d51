using System.Text.Json;
using System.Text.Json.Nodes;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.V1;

namespace JobOrchestrator.Server.Api;

/// <summary>One answer of each route that answers with JSON, for the OpenAPI document.</summary>
internal static class V1Examples
{
    private const string Node = "http://127.0.0.1:9000";
    private static readonly DateTimeOffset Start = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private static readonly JobRecord Queued = new()
    {
        Id = 42,
        Name = "dock 2oob",
        UserId = 1,
        Service = "example",
        State = JobStatus.Queued,
        Message = "",
        Priority = 0,
        Tags = ["night"],
        Limits = new JobLimits { TimeoutSeconds = 3600, MemoryBytes = 4L << 30 },
        Attempt = 0,
        QueuedAt = Start,
        HasResult = false,
        TraceId = "4bf92f3577b34da6a3ce929d0e0e4736",
    };

    private static readonly JobRecord Ended = Queued with
    {
        State = JobStatus.Completed,
        Reason = EndReason.Exited,
        ExitCode = 0,
        Attempt = 1,
        Client = Node,
        SandboxTier = "landlock",
        StartedAt = Start.AddSeconds(1),
        EndedAt = Start.AddSeconds(9),
        Resources = new ResourceUse { WallSeconds = 8, CpuSeconds = 7.5, PeakMemoryBytes = 80 << 20 },
        HasResult = true,
    };

    private static readonly ClientRecord Client = new()
    {
        Name = "client-1",
        Address = Node,
        Health = ClientHealth.Healthy,
        Classic = false,
        Services = ["example"],
        Jobs = 1,
        Slots = 4,
        Running = 1,
        Queued = 0,
        Cpu = 25.5,
        MemoryUsedBytes = 2L << 30,
        MemoryTotalBytes = 16L << 30,
        DiskFreeBytes = 100L << 30,
        SandboxTier = "landlock",
        Version = "0.1.0",
    };

    /// <summary>Null for a route that answers with something else.</summary>
    public static JsonNode? Of(string? operationId) => operationId switch
    {
        "submitJob" or "resubmitJob" => JsonSerializer.SerializeToNode(Queued, V1Json.Default.JobRecord),
        "cancelJob" => JsonSerializer.SerializeToNode(
            Queued with { State = JobStatus.Killed, Reason = EndReason.Cancelled, Message = "Cancelled by request", EndedAt = Start.AddSeconds(2) },
            V1Json.Default.JobRecord),
        "getJob" => JsonSerializer.SerializeToNode(
            Ended with
            {
                Attempts = [new AttemptRecord { Number = 1, Client = Node, ClaimedAt = Start, EndedAt = Ended.EndedAt, Reason = EndReason.Exited, Message = "" }],
                History =
                [
                    new StateChange { State = JobStatus.Queued, At = Start, Attempt = 0 },
                    new StateChange { State = JobStatus.Processing, At = Start, Attempt = 1 },
                    new StateChange { State = JobStatus.Completed, At = Start.AddSeconds(9), Attempt = 1, Reason = EndReason.Exited },
                ],
            },
            V1Json.Default.JobRecord),
        "listJobs" => JsonSerializer.SerializeToNode(new JobPage { Jobs = [Ended], NextCursor = "42" }, V1Json.Default.JobPage),
        "listFiles" => JsonSerializer.SerializeToNode(
            new FileList { Final = true, Files = [new FileRecord { Path = "contacts.csv", Size = 1234, ModifiedAt = Start.AddSeconds(9) }] }, V1Json.Default.FileList),
        "explainJob" => JsonSerializer.SerializeToNode(
            new Explanation
            {
                JobId = 42,
                State = JobStatus.Queued,
                Summary = "User 1 already runs 5 jobs in service 'example', which is the limit of one user. It is the next in line.",
                Advice = ["It starts when one of those has ended; cancel one that is no longer needed, or raise the priority of this one."],
                Waiting = new Waiting
                {
                    Cause = WaitCause.UserLimit,
                    Position = 1,
                    OwnJobsAhead = 0,
                    WaitingInService = 1,
                    WaitedSeconds = 12.5,
                    EstimateSeconds = 4,
                    EstimateBasis = "the last 37 completed jobs of the service ran 8.0 s (median), 5 at once",
                },
            },
            V1Json.Default.Explanation),
        "listServices" => JsonSerializer.SerializeToNode(
            new ServiceList
            {
                Services =
                [
                    new ServiceRecord
                    {
                        Name = "example",
                        MaxRuns = 10,
                        RunsPerUser = 5,
                        QueuedPerUser = 1000,
                        MaxAttempts = 3,
                        Waiting = 1,
                        Running = 5,
                        HealthyClients = 1,
                        Clients = [Node],
                        Users = [new UserLoad { UserId = 1, Waiting = 1, Running = 5 }],
                    },
                ],
            },
            V1Json.Default.ServiceList),
        "listClients" => JsonSerializer.SerializeToNode(new ClientList { Clients = [Client] }, V1Json.Default.ClientList),
        "drainClient" => JsonSerializer.SerializeToNode(Client with { Health = ClientHealth.Draining }, V1Json.Default.ClientRecord),
        "resumeClient" => JsonSerializer.SerializeToNode(Client, V1Json.Default.ClientRecord),
        "validateScript" => JsonSerializer.SerializeToNode(
            new ScriptVerdict
            {
                Accepted = false,
                Findings =
                [
                    new ScriptFinding
                    {
                        Rule = "script/line-endings",
                        Severity = "error",
                        Line = 1,
                        Message = "Windows line endings (CR LF), which bash takes for part of the commands",
                        Reason = "Convert it, for example with: sed -i 's/\\r$//' run.sh",
                    },
                ],
            },
            V1Json.Default.ScriptVerdict),
        _ => null,
    };
}
