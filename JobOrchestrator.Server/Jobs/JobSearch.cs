using JobOrchestrator.Server.Data;
using JobOrchestrator.Server.Events;
using Microsoft.EntityFrameworkCore;

namespace JobOrchestrator.Server.Jobs;

/// <summary>
/// Lists of jobs, newest first, page by page. A page costs by its length, not by the length of the history: it goes on from the last
/// id it showed (keyset), and every filter has an index that gives the order too. Several states are asked for one by one and merged, because
/// an index on the state gives the order within one state only. Times are turned into ids first, because jobs are numbered as they are
/// acknowledged: whatever the other filters are, their index then serves the range too.
/// </summary>
internal sealed class JobSearch(IDbContextFactory<JobsDbContext> contexts)
{
    /// <summary>
    /// How far times and ids may disagree: uploads that end at once are numbered in one order and stamped in another, and a clock may be set back
    /// a little. Each page looks this much further than it was asked to, and shows what the times really say.
    /// </summary>
    private static readonly TimeSpan Disorder = TimeSpan.FromMinutes(1);

    /// <summary>At most <paramref name="limit"/> jobs with ids below <paramref name="before"/>.</summary>
    public async Task<List<Job>> ListAsync(JobFilter filter, int before, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var from = filter.CreatedAfter is { } after ? await FirstSinceAsync(context, Shift(after, -Disorder), before, cancellationToken) : int.MinValue;
        before = filter.CreatedBefore is { } until ? await FirstSinceAsync(context, Shift(until, Disorder), before, cancellationToken) : before;
        var queries = filter.States.Count == 0
            ? [Query(context, filter, from, before, state: null)]
            : filter.States.Distinct().Select(state => Query(context, filter, from, before, state));
        var found = new List<Job>();
        foreach (var query in queries)
        {
            found.AddRange(await query.Take(limit).ToListAsync(cancellationToken));
        }

        return [.. found.OrderByDescending(j => j.Id).Take(limit)];
    }

    /// <summary>The job's changes of state that are still on record, oldest first.</summary>
    public async Task<List<JobEvent>> ListEventsAsync(int jobId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Events.AsNoTracking().Where(e => e.JobId == jobId).OrderBy(e => e.Sequence).ToListAsync(cancellationToken);
    }

    /// <summary>
    /// The id of the first job acknowledged at <paramref name="time"/> or later, or <paramref name="before"/> when none below it was: by bisection, so
    /// that it costs some twenty look-ups by id however long the history is, and submitting a job does not pay for another index.
    /// </summary>
    private static async Task<int> FirstSinceAsync(JobsDbContext context, DateTimeOffset time, int before, CancellationToken cancellationToken)
    {
        var newest = await context.Jobs.AsNoTracking().Where(j => j.Id < before).OrderByDescending(j => j.Id).Select(j => j.Id).FirstOrDefaultAsync(cancellationToken);
        var (low, high) = (0, newest);
        while (low < high)
        {
            // The first job at the middle or past it: ids may have gaps.
            var middle = low + ((high - low) / 2);
            var probe = await context.Jobs.AsNoTracking().Where(j => j.Id >= middle).OrderBy(j => j.Id)
                .Select(j => new { j.Id, j.QueuedAt }).FirstAsync(cancellationToken);
            (low, high) = probe.QueuedAt < time ? (probe.Id + 1, high) : (low, middle);
        }

        var lowest = await context.Jobs.AsNoTracking().Where(j => j.Id >= low && j.Id < before).OrderBy(j => j.Id)
            .Select(j => new { j.Id, j.QueuedAt }).FirstOrDefaultAsync(cancellationToken);
        return lowest is null || lowest.QueuedAt < time ? before : lowest.Id;
    }

    /// <summary>Also at the ends of what a time can be, where adding would throw.</summary>
    private static DateTimeOffset Shift(DateTimeOffset time, TimeSpan by) =>
        new(Math.Clamp(time.UtcTicks + by.Ticks, DateTimeOffset.MinValue.Ticks, DateTimeOffset.MaxValue.Ticks), TimeSpan.Zero);

    private static IQueryable<Job> Query(JobsDbContext context, JobFilter filter, int from, int before, JobState? state)
    {
        var jobs = Filter(context.Jobs.AsNoTracking(), filter, state);
        if (filter.CreatedAfter is { } after)
        {
            jobs = jobs.Where(j => j.QueuedAt >= after);
        }

        if (filter.CreatedBefore is { } until)
        {
            jobs = jobs.Where(j => j.QueuedAt < until);
        }

        // The index on labels ends with the job's id, too; asked in its words, it gives the order.
        return filter.Tag is { } tag
            ? context.Tags.Where(t => t.Tag == tag && t.JobId >= from && t.JobId < before).Join(jobs, t => t.JobId, j => j.Id, (label, job) => new { label, job })
                .OrderByDescending(both => both.label.JobId).Select(both => both.job)
            : jobs.Where(j => j.Id >= from && j.Id < before).OrderByDescending(j => j.Id);
    }

    private static IQueryable<Job> Filter(IQueryable<Job> jobs, JobFilter filter, JobState? state)
    {
        // Live jobs are few, but their user's history may be long: adding nothing keeps the index on users out of it, so that the one on
        // states is used. Ended jobs have indexes of their own, on both.
        var live = state is { } s && !s.IsTerminal();
        jobs = (state, live) switch
        {
            (null, _) => jobs,
            (_, true) => jobs.Where(j => j.State == state),
            _ => jobs.Where(j => j.State == state && j.EndedAt != null),
        };
        if (filter.UserId is { } user)
        {
            jobs = live ? jobs.Where(j => j.UserId + 0 == user) : jobs.Where(j => j.UserId == user);
        }

        if (filter.Service is { } service)
        {
            jobs = live ? jobs.Where(j => j.Service + "" == service) : jobs.Where(j => j.Service == service);
        }

        return jobs;
    }
}
