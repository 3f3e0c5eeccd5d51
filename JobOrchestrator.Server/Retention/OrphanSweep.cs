using JobOrchestrator.Server.Data;
using JobOrchestrator.Server.Jobs;
using Microsoft.EntityFrameworkCore;

namespace JobOrchestrator.Server.Retention;

/// <summary>
/// Removes files that belong to no job: none should be left by any way we know, but disks are restored, copied and edited by hand. A job's row is
/// there before its directory, so this may run beside a server that works.
/// </summary>
internal sealed class OrphanSweep(IDbContextFactory<JobsDbContext> contexts, JobFiles files)
{
    private const int BatchSize = 500;

    /// <summary>Looks through all directories once.</summary>
    /// <returns>How many directories went, and the bytes they had.</returns>
    public async Task<(int Directories, long Bytes)> RunAsync(CancellationToken cancellationToken)
    {
        var (directories, bytes) = (0, 0L);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        foreach (var batch in files.ListJobs().Chunk(BatchSize))
        {
            var owners = await context.Jobs.Where(j => batch.Contains(j.Id) && j.CleanedAt == null).Select(j => j.Id).ToListAsync(cancellationToken);
            foreach (var orphan in batch.Except(owners))
            {
                bytes += files.Measure(orphan);
                files.Discard(orphan);
                files.EmptyTrash(orphan);
                directories++;
            }
        }

        return (directories, bytes);
    }
}
