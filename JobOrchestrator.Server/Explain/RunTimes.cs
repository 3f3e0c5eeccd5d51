using JobOrchestrator.Server.Data;
using JobOrchestrator.Server.Jobs;
using Microsoft.EntityFrameworkCore;

namespace JobOrchestrator.Server.Explain;

/// <summary>How long jobs have run lately.</summary>
internal sealed class RunTimes(IDbContextFactory<JobsDbContext> contexts)
{
    /// <summary>Looked at, of all services: so many rows whatever the history, by the index of ended jobs.</summary>
    private const int Looked = 200;

    /// <summary>Median run time of the service's latest completed jobs, and how many they were; null when there is none among the latest.</summary>
    public async Task<(TimeSpan Median, int Count)?> FindAsync(string service, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var latest = await context.Jobs.AsNoTracking()
            .Where(j => j.State == JobState.Completed && j.EndedAt != null)
            .OrderByDescending(j => j.Id).Take(Looked)
            .Select(j => new { j.Service, j.StartedAt, j.EndedAt })
            .ToListAsync(cancellationToken);
        var times = latest.Where(j => j.Service == service && j.StartedAt is not null)
            .Select(j => j.EndedAt!.Value - j.StartedAt!.Value).Order().ToArray();
        return times.Length == 0 ? null : (times[times.Length / 2], times.Length);
    }
}
