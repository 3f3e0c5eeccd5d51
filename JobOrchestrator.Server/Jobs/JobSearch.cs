using JobOrchestrator.Server.Data;
using JobOrchestrator.Server.Events;
using Microsoft.EntityFrameworkCore;

namespace JobOrchestrator.Server.Jobs;

/// <summary>
/// Lists of jobs, newest first, page by page. A page costs by its length, not by the length of the history: it goes on from the last
/// id it showed (keyset), and every filter has an index that gives the order too. Several states are asked for one by one and merged, because
/// an index on the state gives the order within one state only.
/// </summary>
internal sealed class JobSearch(IDbContextFactory<JobsDbContext> contexts)
{
    /// <summary>At most <paramref name="limit"/> jobs with ids below <paramref name="before"/>.</summary>
    public async Task<List<Job>> ListAsync(JobFilter filter, int before, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var queries = filter.States.Count == 0
            ? [Query(context, filter, before, state: null)]
            : filter.States.Distinct().Select(state => Query(context, filter, before, state));
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

    private static IQueryable<Job> Query(JobsDbContext context, JobFilter filter, int before, JobState? state)
    {
        var jobs = Filter(context.Jobs.AsNoTracking(), filter, state);

        // The index on labels ends with the job's id, too; asked in its words, it gives the order.
        return filter.Tag is { } tag
            ? context.Tags.Where(t => t.Tag == tag && t.JobId < before).Join(jobs, t => t.JobId, j => j.Id, (label, job) => new { label, job })
                .OrderByDescending(both => both.label.JobId).Select(both => both.job)
            : jobs.Where(j => j.Id < before).OrderByDescending(j => j.Id);
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
