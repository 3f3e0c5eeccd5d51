using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Data;
using JobOrchestrator.Server.Jobs;
using Microsoft.EntityFrameworkCore;

namespace JobOrchestrator.Server.Events;

/// <summary>The events on record, read in their order.</summary>
internal sealed class EventLog(IDbContextFactory<JobsDbContext> contexts, DatabaseWriter writer)
{
    private const int DeletedAtOnce = 10_000;

    /// <summary>Number of the oldest event on record and of the latest; 0 and 0 when there is none.</summary>
    public async Task<(long Oldest, long Latest)> BoundsAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var oldest = await context.Events.OrderBy(e => e.Sequence).Select(e => e.Sequence).FirstOrDefaultAsync(cancellationToken);
        var latest = await context.Events.OrderByDescending(e => e.Sequence).Select(e => e.Sequence).FirstOrDefaultAsync(cancellationToken);
        return (oldest, latest);
    }

    /// <summary>The next events after a position, at most <paramref name="limit"/>.</summary>
    public async Task<List<JobEventRecord>> ReadAsync(long after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var events = context.Events.AsNoTracking().Where(e => e.Sequence > after).OrderBy(e => e.Sequence).Take(limit);
        var rows = from e in events
                   join job in context.Jobs.AsNoTracking() on e.JobId equals job.Id
                   from attempt in context.Attempts.AsNoTracking().Where(a => a.JobId == e.JobId && a.Number == e.Attempt).DefaultIfEmpty()
                   orderby e.Sequence
                   select new { Event = e, Job = job, Attempt = attempt };
        return [.. (await rows.ToListAsync(cancellationToken)).Select(r => ToRecord(r.Event, r.Job, r.Attempt))];
    }

    /// <summary>Removes the oldest events until at most <paramref name="kept"/> are left; returns how many went.</summary>
    public async Task<int> TrimAsync(long kept, CancellationToken cancellationToken)
    {
        var (oldest, latest) = await BoundsAsync(cancellationToken);
        var removed = 0;
        for (var first = oldest; first > 0 && first <= latest - kept; first += DeletedAtOnce)
        {
            // Piece by piece, so that no commit of a job waits for long.
            var end = Math.Min(first + DeletedAtOnce, latest - kept + 1);
            removed += await writer.WriteAsync(context => context.Events.Where(e => e.Sequence < end).ExecuteDeleteAsync(cancellationToken));
        }

        return removed;
    }

    private static JobEventRecord ToRecord(JobEvent jobEvent, Job job, JobAttempt? attempt)
    {
        var ended = jobEvent.State.IsTerminal();
        return new JobEventRecord
        {
            Sequence = jobEvent.Sequence,
            JobId = job.Id,
            Name = job.Name,
            UserId = job.UserId,
            Service = job.Service,
            State = jobEvent.State.ToStatus(),
            Attempt = jobEvent.Attempt,
            Reason = jobEvent.Reason,
            Message = ended ? job.Message : jobEvent.State == JobState.Queued ? attempt?.Message ?? "" : "",
            Client = attempt?.Client,
            At = jobEvent.At,
            ExitCode = ended ? job.ExitCode : null,
            HasResult = job.HasResult,
        };
    }
}
