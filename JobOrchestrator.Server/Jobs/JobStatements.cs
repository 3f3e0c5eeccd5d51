using System.Data.Common;
using System.Globalization;
using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Data;
using Microsoft.EntityFrameworkCore.Metadata;

namespace JobOrchestrator.Server.Jobs;

/// <summary>
/// The changes every job goes through, as prepared statements on the writer's connection: translating them anew each time would cost more than
/// all else the database does for a job. Plain SQL that SQLite and PostgreSQL share; each change is a compare-and-set and says whether it took
/// place. Times are UTC ticks, as everywhere in the schema.
/// </summary>
internal sealed class JobStatements : IDisposable
{
    private readonly Func<DbTransaction> _transaction;
    private readonly InsertStatement<Job> _insertJob;
    private readonly InsertStatement<JobAttempt> _insertAttempt;
    private readonly PreparedStatement _claim;
    private readonly Dictionary<JobState, PreparedStatement> _advance;
    private readonly Dictionary<JobState, PreparedStatement> _finish;
    private readonly Dictionary<JobState, PreparedStatement> _finishAttempt;
    private readonly PreparedStatement _endAttempt;
    private readonly PreparedStatement _release;
    private readonly PreparedStatement _nameJob;
    private readonly PreparedStatement _nameAttempt;

    public JobStatements(DbConnection connection, IModel model, Func<DbTransaction> transaction)
    {
        _transaction = transaction;
        _insertJob = new InsertStatement<Job>(connection, model);
        _insertAttempt = new InsertStatement<JobAttempt>(connection, model);
        _claim = new PreparedStatement(connection,
            $"""
            UPDATE "Jobs" SET "State" = {(int)JobState.Processing}, "Attempt" = @p0, "Client" = @p1, "ClassicId" = NULL, "Message" = '',
                "Reason" = {(int)EndReason.None}, "ChangedAt" = @p2, "AttemptTraceParent" = @p3
            WHERE "Id" = @p4 AND "Attempt" = @p0 - 1 AND "State" = {(int)JobState.Queued}
            """, 5);
        _advance = ByTarget([JobState.Submitted, JobState.Running], JobStateTable.SourcesOf, (target, sources) => new PreparedStatement(connection,
            $"""
            UPDATE "Jobs" SET "State" = {target}, "StartedAt" = COALESCE(@p0, "StartedAt"), "SandboxTier" = COALESCE(@p1, "SandboxTier"),
                "ChangedAt" = @p2, "Warnings" = COALESCE(@p5, "Warnings")
            WHERE "Id" = @p3 AND "Attempt" = @p4 AND "State" IN ({sources})
            """, 6));
        var terminal = Enum.GetValues<JobState>().Where(s => s.IsTerminal()).ToArray();
        _finish = ByTarget(terminal, JobStateTable.SourcesOf, Finishing);
        _finishAttempt = ByTarget(terminal, JobStateTable.ActiveSourcesOf, Finishing);
        _endAttempt = new PreparedStatement(connection,
            """
            UPDATE "Attempts" SET "EndedAt" = @p0, "Reason" = @p1, "Message" = @p2
            WHERE "JobId" = @p3 AND "Number" = @p4 AND "EndedAt" IS NULL
            """, 5);
        _release = new PreparedStatement(connection,
            """
            UPDATE "Attempts" SET "Released" = @p0 WHERE "JobId" = @p1 AND "Number" = @p2 AND "Released" <> @p0
            """, 3);
        _nameJob = new PreparedStatement(connection, """UPDATE "Jobs" SET "ClassicId" = @p0 WHERE "Id" = @p1 AND "Attempt" = @p2""", 3);
        _nameAttempt = new PreparedStatement(connection, """UPDATE "Attempts" SET "ClassicId" = @p0 WHERE "JobId" = @p1 AND "Number" = @p2""", 3);

        PreparedStatement Finishing(int target, string sources) => new(connection,
            $"""
            UPDATE "Jobs" SET "State" = {target}, "Reason" = @p0, "Message" = @p1, "ExitCode" = @p2, "Signal" = @p3,
                "SandboxTier" = COALESCE(@p4, "SandboxTier"), "StartedAt" = COALESCE(@p5, "StartedAt"), "HasResult" = @p6,
                "ChangedAt" = @p7, "EndedAt" = @p7, "CpuSeconds" = @p8, "PeakMemoryBytes" = @p9,
                "Warnings" = COALESCE(@p12, "Warnings")
            WHERE "Id" = @p10 AND "Attempt" = @p11 AND "State" IN ({sources})
            """, 13);
    }

    /// <summary>A new job; its id.</summary>
    public int Insert(Job job) => Convert.ToInt32(_insertJob.Execute(_transaction(), job), CultureInfo.InvariantCulture);

    /// <summary>Takes a waiting job for the attempt, which begins.</summary>
    public bool Claim(JobAttempt attempt, string? traceParent)
    {
        var claimed = _claim.Execute(
            _transaction(), attempt.Number, attempt.Client, attempt.ClaimedAt.UtcTicks, traceParent, attempt.JobId) == 1;
        if (claimed)
        {
            _insertAttempt.Execute(_transaction(), attempt);
        }

        return claimed;
    }

    /// <summary>A classic client named the execution.</summary>
    public void NameClassic(int jobId, int attempt, int classicId)
    {
        _nameJob.Execute(_transaction(), classicId, jobId, attempt);
        _nameAttempt.Execute(_transaction(), classicId, jobId, attempt);
    }

    /// <summary>The execution went on to <paramref name="target"/>.</summary>
    public bool Advance(int jobId, int attempt, JobState target, ExecutionReport report, DateTimeOffset now) =>
        _advance[target].Execute(
            _transaction(), report.StartedAt?.UtcTicks, report.SandboxTier, now.UtcTicks, jobId, attempt, JobEnding.JoinWarnings(report)) == 1;

    /// <summary>The job ends, and its attempt with it.</summary>
    public bool Finish(int jobId, int attempt, JobEnding ending, DateTimeOffset now) => Finish(_finish, jobId, attempt, ending, now);

    /// <summary>The same, only while the attempt is under way.</summary>
    public bool FinishAttempt(int jobId, int attempt, JobEnding ending, DateTimeOffset now) => Finish(_finishAttempt, jobId, attempt, ending, now);

    public void EndAttempt(int jobId, int attempt, EndReason reason, string message, DateTimeOffset now) =>
        _endAttempt.Execute(_transaction(), now.UtcTicks, (int)reason, message, jobId, attempt);

    /// <summary>The client node need not hear of the attempt any more.</summary>
    public bool Release(int jobId, int attempt) => _release.Execute(_transaction(), true, jobId, attempt) == 1;

    public void Dispose()
    {
        _insertJob.Dispose();
        _insertAttempt.Dispose();
        foreach (var statement in (PreparedStatement[])[_claim, .. _advance.Values, .. _finish.Values, .. _finishAttempt.Values, _endAttempt, _release, _nameJob, _nameAttempt])
        {
            statement.Dispose();
        }
    }

    private bool Finish(Dictionary<JobState, PreparedStatement> statements, int jobId, int attempt, JobEnding ending, DateTimeOffset now)
    {
        var finished = statements[ending.State].Execute(
            _transaction(), (int)ending.Reason, ending.Message, ending.ExitCode, ending.Signal, ending.SandboxTier, ending.StartedAt?.UtcTicks,
            ending.HasResult, now.UtcTicks, ending.CpuSeconds, ending.PeakMemoryBytes, jobId, attempt, ending.Warnings) == 1;
        if (finished && attempt > 0)
        {
            EndAttempt(jobId, attempt, ending.Reason, ending.Message, now);
        }

        return finished;
    }

    private static Dictionary<JobState, PreparedStatement> ByTarget(
        IEnumerable<JobState> targets, Func<JobState, JobState[]> sources, Func<int, string, PreparedStatement> make) =>
        targets.ToDictionary(t => t, t => make((int)t, string.Join(", ", sources(t).Select(s => (int)s))));
}
