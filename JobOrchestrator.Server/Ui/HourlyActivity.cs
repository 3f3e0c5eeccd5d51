using System.Globalization;
using JobOrchestrator.Server.Data;
using Microsoft.EntityFrameworkCore;

namespace JobOrchestrator.Server.Ui;

/// <summary>What ended in each minute of the last hour, and how long it had waited. Asked for at most every few seconds, however many look.</summary>
internal sealed class HourlyActivity(IDbContextFactory<JobsDbContext> contexts, TimeProvider clock) : IDisposable
{
    public const int Minutes = 60;
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _one = new(1);
    private (DateTimeOffset At, IReadOnlyList<Minute> Minutes) _latest = (DateTimeOffset.MinValue, []);

    /// <summary>Oldest minute first; <see cref="Minutes"/> of them, the last one not yet over.</summary>
    public async Task<IReadOnlyList<Minute>> GetAsync()
    {
        await _one.WaitAsync();
        try
        {
            var now = clock.GetUtcNow();
            if (now - _latest.At > Kept)
            {
                _latest = (now, await QueryAsync(now));
            }

            return _latest.Minutes;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<IReadOnlyList<Minute>> QueryAsync(DateTimeOffset now)
    {
        var first = (now.UtcTicks / TimeSpan.TicksPerMinute) - Minutes + 1;
        await using var context = await contexts.CreateDbContextAsync();
        // Written as SQL, for times are stored as ticks and only a whole division groups them; the condition on CleanedAt lets it use the index.
        var rows = await context.Database.SqlQuery<Row>(
            $"""
            SELECT "EndedAt" / {TimeSpan.TicksPerMinute} AS "Minute", COUNT(*) AS "Jobs", COALESCE(AVG("StartedAt" - "QueuedAt"), 0) AS "WaitTicks"
            FROM "Jobs" WHERE "EndedAt" IS NOT NULL AND "CleanedAt" IS NULL AND "EndedAt" >= {first * TimeSpan.TicksPerMinute}
            GROUP BY 1
            """).ToListAsync();
        var byMinute = rows.ToDictionary(r => r.Minute);
        return [.. Enumerable.Range(0, Minutes).Select(i => byMinute.TryGetValue(first + i, out var row)
            ? new Minute(row.Jobs, TimeSpan.FromTicks((long)row.WaitTicks).TotalSeconds)
            : new Minute(0, 0))];
    }

    /// <param name="Jobs">Jobs that ended.</param>
    /// <param name="WaitSeconds">Mean time between their upload and their start.</param>
    internal sealed record Minute(int Jobs, double WaitSeconds)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Jobs} jobs, {WaitSeconds:0.0} s");
    }

    private sealed record Row(long Minute, int Jobs, double WaitTicks);
}
