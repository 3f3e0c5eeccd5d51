using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Server.Data;
using JobOrchestrator.Server.Scheduling;
using JobOrchestrator.Server.Telemetry;
using Microsoft.EntityFrameworkCore;

namespace JobOrchestrator.Server.Jobs;

/// <summary>
/// The one writer of jobs. Every change is a compare-and-set on state (by <see cref="JobStateTable"/>) and attempt number; a change
/// that comes too late alters nothing and says so by its result, which is an ordinary outcome. The <see cref="JobQueue"/> is kept in step
/// after each commit, in commit order.
/// </summary>
internal sealed class JobStore(
    DatabaseWriter writer, IDbContextFactory<JobsDbContext> contexts, JobQueue queue, ServerMetrics metrics, TimeProvider clock)
{
    /// <summary>Asked for at every look at a job. Compiled, and without a detour over tasks: an embedded database answers at once or not at all.</summary>
    private readonly Func<JobsDbContext, int, Job?> _byId =
        EF.CompileQuery((JobsDbContext context, int jobId) => context.Jobs.AsNoTracking().SingleOrDefault(j => j.Id == jobId));

    /// <summary>Asked for at every piece of news that changed nothing.</summary>
    private readonly Func<JobsDbContext, int, int, JobState?> _stateOf = EF.CompileQuery((JobsDbContext context, int jobId, int attempt) =>
        context.Jobs.Where(j => j.Id == jobId && j.Attempt == attempt).Select(j => (JobState?)j.State).SingleOrDefault());

    /// <summary>
    /// Makes an upload a job, durably. The job does not wait in the <see cref="JobQueue"/> yet: its files are not in their place before
    /// <see cref="JobFiles.Publish"/>; the caller then calls <see cref="Admit"/>.
    /// </summary>
    /// <returns>The job; an earlier one, of another staging key, when the idempotency key is that job's.</returns>
    public Task<Job> EnqueueAsync(NewJob newJob)
    {
        var now = clock.GetUtcNow();
        var job = new Job
        {
            IdempotencyKey = newJob.Idempotency?.Key,
            IdempotencyDigest = newJob.Idempotency?.Digest,
            UserId = newJob.UserId,
            Service = newJob.Service,
            Priority = newJob.Priority,
            StagingKey = newJob.StagingKey,
            State = JobState.Queued,
            QueuedAt = now,
            ChangedAt = now,
            TraceParent = newJob.TraceParent,
            Name = newJob.Request.Name,
            Tags = string.Join(' ', newJob.Request.Tags),
            TimeLimitSeconds = newJob.Request.TimeLimitSeconds,
            MaxAttempts = newJob.Request.MaxAttempts,
            Cpus = newJob.Request.Limits?.Cpus,
            MemoryBytes = newJob.Request.Limits?.Memory,
            OtherLimits = AskedLimitsText.Write(newJob.Request.Limits),
            CallbackUrl = newJob.Request.CallbackUrl,
            ResubmitOf = newJob.ResubmitOf,
        };
        return writer.ChangeAsync(session =>
        {
            if (newJob.Idempotency is { } idempotency)
            {
                // One writer: between this look and the row below nobody else can take the key.
                if (ByIdempotencyKey(session.Context, idempotency.Key, now).SingleOrDefault() is { } earlier)
                {
                    return earlier;
                }

                session.Context.Jobs.Where(j => j.IdempotencyKey == idempotency.Key)
                    .ExecuteUpdate(set => set.SetProperty(j => j.IdempotencyKey, (string?)null));
            }

            job.Id = session.Jobs.Insert(job);
            if (newJob.Request.Tags.Count > 0)
            {
                session.Context.Tags.AddRange(newJob.Request.Tags.Select(tag => new JobTag { Tag = tag, JobId = job.Id }));
                session.Context.SaveChanges();
            }

            return job;
        });
    }

    /// <summary>The job that was submitted under this key less than <see cref="Idempotency.Window"/> ago.</summary>
    public async Task<Job?> FindByIdempotencyKeyAsync(string key, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await ByIdempotencyKey(context, key, clock.GetUtcNow()).SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>Puts an acknowledged job, its files in place, where the scheduler sees it.</summary>
    public void Admit(Job job, bool reserved) => queue.Add(ToQueued(job), reserved);

    /// <summary>Takes a waiting job for dispatch; false when it is no longer waiting for this attempt.</summary>
    public Task<bool> TryClaimAsync(QueuedJob job, string client, string? traceParent = null)
    {
        var now = clock.GetUtcNow();
        return writer.ChangeAsync(
            session => session.Jobs.Claim(new JobAttempt { JobId = job.Id, Number = job.Attempt, Client = client, ClaimedAt = now }, traceParent),
            claimed =>
            {
                if (claimed)
                {
                    queue.MarkRunning(LiveJob.Of(job) with { State = JobState.Processing, ChangedAt = now });
                    metrics.Claimed(job, now);
                }
            });
    }

    /// <summary>The client node has the files (<see cref="JobState.Submitted"/>) or has started the script (<see cref="JobState.Running"/>).</summary>
    public Task<bool> TryAdvanceAsync(int jobId, int attempt, JobState target, int? classicId, ExecutionReport report)
    {
        var now = clock.GetUtcNow();
        // Not worth a wait for the disk: after a power cut the client node tells it again. The name an execution has on a classic client is.
        return writer.ChangeAsync(
            session =>
            {
                if (classicId is { } name)
                {
                    // Worth keeping even when the state went on already: it is the only name the execution has there.
                    session.Jobs.NameClassic(jobId, attempt, name);
                }

                return session.Jobs.Advance(jobId, attempt, target, report, now);
            },
            advanced =>
            {
                if (advanced)
                {
                    queue.MarkAdvanced(jobId, target, now);
                }
            },
            durable: classicId is not null);
    }

    /// <summary>Ends the job; false when another attempt is under way or it ended otherwise.</summary>
    public Task<bool> TryFinishAsync(int jobId, int attempt, JobEnding ending) => writer.ChangeAsync(
        session => session.Jobs.Finish(jobId, attempt, ending, clock.GetUtcNow()),
        finished => EndIf(finished, jobId, ending));

    /// <summary>Ends the job by an attempt's own story, which counts only while that attempt is under way: not when it was given up already.</summary>
    public Task<bool> TryFinishAttemptAsync(int jobId, int attempt, JobEnding ending) => writer.ChangeAsync(
        session => session.Jobs.FinishAttempt(jobId, attempt, ending, clock.GetUtcNow()),
        finished => EndIf(finished, jobId, ending));

    /// <summary>
    /// Our side failed with this attempt: the job waits again until <paramref name="notBefore"/>, or fails for good with
    /// <paramref name="maxAttempts"/> used up. The state it is in now, or null when the attempt was no longer the current one.
    /// </summary>
    public Task<JobState?> TryRetryAsync(
        int jobId, int attempt, EndReason reason, string message, DateTimeOffset notBefore, int maxAttempts)
    {
        if (attempt >= maxAttempts)
        {
            var ending = new JobEnding(JobState.Failed, reason, $"Given up after {attempt} attempts. The last one: {message}");
            return writer.ChangeAsync<JobState?>(
                session => session.Jobs.FinishAttempt(jobId, attempt, ending, clock.GetUtcNow()) ? JobState.Failed : null,
                state => EndIf(state is not null, jobId, ending));
        }

        return RequeueAsync(jobId, attempt, reason, message, notBefore);
    }

    /// <summary>Cancels a job in any state but an ended one. Whatever still runs of it on a client node is owed a kill there.</summary>
    public Task<CancelResult> CancelAsync(int jobId, string message)
    {
        var ending = new JobEnding(JobState.Killed, EndReason.Cancelled, message);
        return writer.ChangeAsync(
            session =>
            {
                var job = _byId(session.Context, jobId);
                return job is not null && session.Jobs.Finish(jobId, job.Attempt, ending, clock.GetUtcNow())
                    ? new CancelResult(_byId(session.Context, jobId), true)
                    : new CancelResult(job, false);
            },
            result => EndIf(result.Changed, jobId, ending));
    }

    /// <summary>
    /// A result of an ended job arrived after its end (a cancelled job's files); false when the job went on without it, or retention was there first.
    /// </summary>
    public Task<bool> AddResultAsync(int jobId, int attempt) => writer.WriteAsync(async context =>
        await context.Jobs.Where(j => j.Id == jobId && j.Attempt == attempt && j.EndedAt != null && j.CleanedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(j => j.HasResult, true)) == 1);

    /// <summary>The client node need not hear of this attempt any more. If a power cut takes it, the node is told once more.</summary>
    public Task<bool> ReleaseAsync(int jobId, int attempt) =>
        writer.ChangeAsync(session => session.Jobs.Release(jobId, attempt), durable: false);

    /// <summary>The client node must hear of this ended attempt again: it turned up there after all.</summary>
    public Task<bool> OweAsync(int jobId, int attempt) => writer.WriteAsync(async context =>
        await context.Attempts.Where(a => a.JobId == jobId && a.Number == attempt && a.Released)
            .ExecuteUpdateAsync(set => set.SetProperty(a => a.Released, false)) == 1);

    /// <summary>Whether this attempt is the job's latest and has not ended.</summary>
    public async Task<bool> IsCurrentAsync(int jobId, int attempt, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return _stateOf(context, jobId, attempt) is { } state && JobStateTable.Active.Contains(state);
    }

    /// <summary>Makes the <see cref="JobQueue"/> say of a waiting job what the database says; for when the two are found to disagree.</summary>
    public async Task SynchroniseAsync(int jobId, CancellationToken cancellationToken)
    {
        var job = await FindAsync(jobId, cancellationToken);
        queue.Remove(jobId);
        if (job is { State: JobState.Queued })
        {
            queue.Add(ToQueued(job), reserved: false);
        }
    }

    /// <summary>Retention removed the job's files.</summary>
    public Task<bool> MarkCleanedAsync(int jobId)
    {
        var now = clock.GetUtcNow();
        return writer.WriteAsync(async context =>
            await context.Jobs.Where(j => j.Id == jobId && j.EndedAt != null && j.CleanedAt == null)
                .ExecuteUpdateAsync(set => set
                    .SetProperty(j => j.CleanedAt, now)
                    .SetProperty(j => j.HasResult, false)) == 1);
    }

    public async Task<Job?> FindAsync(int jobId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return _byId(context, jobId);
    }

    /// <summary>The job an upload became, by its staging directory; null when the server died before it was one.</summary>
    public async Task<Job?> FindByStagingKeyAsync(string stagingKey, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Jobs.AsNoTracking().SingleOrDefaultAsync(j => j.StagingKey == stagingKey, cancellationToken);
    }

    /// <summary>All jobs in one of the states, oldest change first.</summary>
    public async Task<List<Job>> ListAsync(IReadOnlyList<JobState> states, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Jobs.AsNoTracking()
            .Where(j => states.Contains(j.State))
            .OrderBy(j => j.ChangedAt).ThenBy(j => j.Id)
            .ToListAsync(cancellationToken);
    }

    /// <summary>Jobs that wait since before <paramref name="before"/>.</summary>
    public async Task<List<Job>> ListQueuedBeforeAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Jobs.AsNoTracking()
            .Where(j => j.State == JobState.Queued && j.ChangedAt < before)
            .OrderBy(j => j.ChangedAt).ToListAsync(cancellationToken);
    }

    /// <summary>Jobs of one service that wait since before <paramref name="before"/>.</summary>
    public async Task<List<Job>> ListQueuedOfServiceAsync(string service, DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Jobs.AsNoTracking()
            .Where(j => j.State == JobState.Queued && j.Service == service && j.ChangedAt < before)
            .ToListAsync(cancellationToken);
    }

    public async Task<List<JobAttempt>> ListAttemptsAsync(int jobId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Attempts.AsNoTracking()
            .Where(a => a.JobId == jobId).OrderBy(a => a.Number).ToListAsync(cancellationToken);
    }

    /// <summary>Attempts that are over here but not released on their client node.</summary>
    public async Task<List<OwedAttempt>> ListUnreleasedAsync(string client, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Attempts
            .Where(a => a.Client == client && !a.Released && a.EndedAt != null)
            .Join(context.Jobs, a => a.JobId, j => j.Id, (a, j) => new OwedAttempt(a.JobId, a.Number, j.StagingKey, a.ClassicId, j.Service, j.TraceParent))
            .ToListAsync(cancellationToken);
    }

    /// <summary>Ended jobs whose files are still here and whose end is older than <paramref name="before"/>, oldest first.</summary>
    public async Task<List<int>> ListExpiredAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Jobs
            .Where(j => j.EndedAt != null && j.CleanedAt == null && j.EndedAt < before)
            .OrderBy(j => j.EndedAt).Take(limit).Select(j => j.Id).ToListAsync(cancellationToken);
    }

    /// <summary>Throws when the database does not answer.</summary>
    public async Task PingAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.Jobs.OrderBy(j => j.Id).Select(j => j.Id).Take(1).ToListAsync(cancellationToken);
    }

    public static QueuedJob ToQueued(Job job) => new(
        job.Id, job.Service, job.UserId, job.Priority, job.QueuedAt, job.NotBefore ?? DateTimeOffset.MinValue, job.Attempt + 1, job.Client,
        job.ChangedAt, job.TraceParent, job.AttemptTraceParent, RunLimits.Of(job), job.StagingKey);

    private static IQueryable<Job> ByIdempotencyKey(JobsDbContext context, string key, DateTimeOffset now)
    {
        var since = now - Idempotency.Window;
        return context.Jobs.AsNoTracking().Where(j => j.IdempotencyKey == key && j.QueuedAt > since);
    }

    private Task<JobState?> RequeueAsync(int jobId, int attempt, EndReason reason, string message, DateTimeOffset notBefore)
    {
        var sources = JobStateTable.SourcesOf(JobState.Queued);
        var now = clock.GetUtcNow();
        return writer.ChangeAsync(
            session =>
            {
                var requeued = session.Context.Jobs
                    .Where(j => j.Id == jobId && j.Attempt == attempt && sources.Contains(j.State))
                    .ExecuteUpdate(set => set
                        .SetProperty(j => j.State, JobState.Queued)
                        .SetProperty(j => j.Reason, reason)
                        .SetProperty(j => j.Message, $"Attempt {attempt} failed and will be repeated: {message}")
                        .SetProperty(j => j.NotBefore, notBefore)
                        .SetProperty(j => j.StartedAt, (DateTimeOffset?)null)
                        .SetProperty(j => j.ChangedAt, now)) == 1;
                if (!requeued)
                {
                    return null;
                }

                session.Jobs.EndAttempt(jobId, attempt, reason, message, now);
                return _byId(session.Context, jobId);
            },
            (Job? job) =>
            {
                if (job is not null)
                {
                    queue.MarkEnded(jobId);
                    queue.Add(ToQueued(job), reserved: false);
                }
            }).ContinueWith(
                job => job.GetAwaiter().GetResult()?.State,
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void EndIf(bool ended, int jobId, JobEnding ending)
    {
        if (ended)
        {
            if (queue.Find(jobId) is { } job)
            {
                metrics.Ended(job, ending, clock.GetUtcNow());
            }

            // It was waiting or running; the queue knows which.
            queue.Remove(jobId);
            queue.MarkEnded(jobId);
        }
    }
}
