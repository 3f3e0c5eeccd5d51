using JobOrchestrator.Server.Data;
using JobOrchestrator.Server.Jobs;
using Microsoft.EntityFrameworkCore;

namespace JobOrchestrator.Server.Webhooks;

/// <summary>The deliveries on record.</summary>
internal sealed class WebhookStore(IDbContextFactory<JobsDbContext> contexts, DatabaseWriter writer)
{
    /// <summary>Deliveries that are due, with their jobs, oldest first.</summary>
    public async Task<List<(WebhookDelivery Delivery, Job Job)>> ListDueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var due = await context.Deliveries.AsNoTracking()
            .Where(d => d.DueAt != null && d.DueAt <= now).OrderBy(d => d.DueAt).Take(limit)
            .Join(context.Jobs.AsNoTracking(), d => d.JobId, j => j.Id, (delivery, job) => new { delivery, job })
            .ToListAsync(cancellationToken);
        return [.. due.Select(d => (d.delivery, d.job))];
    }

    /// <summary>When the next one is due; null when none is to be made.</summary>
    public async Task<DateTimeOffset?> NextDueAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Deliveries.Where(d => d.DueAt != null).OrderBy(d => d.DueAt).Select(d => d.DueAt).FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>Notes how a call went: delivered, to be repeated at <paramref name="dueAt"/>, or given up.</summary>
    public Task<int> NoteAsync(long id, int calls, DateTimeOffset? deliveredAt, DateTimeOffset? dueAt, string outcome) =>
        writer.WriteAsync(context => context.Deliveries.Where(d => d.Id == id).ExecuteUpdateAsync(set => set
            .SetProperty(d => d.Calls, calls)
            .SetProperty(d => d.DeliveredAt, deliveredAt)
            .SetProperty(d => d.DueAt, dueAt)
            .SetProperty(d => d.LastOutcome, outcome)));
}
