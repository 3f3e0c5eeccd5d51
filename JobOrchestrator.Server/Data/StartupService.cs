using JobOrchestrator.Server.Events;
using JobOrchestrator.Server.Jobs;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace JobOrchestrator.Server.Data;

/// <summary>
/// Runs before every other hosted service and before the first request: looks whether the database may be used, migrates the schema, switches the file to WAL, recovers what a
/// crash left half done. If it fails, the server does not start.
/// </summary>
internal sealed class StartupService(
    DatabaseStart start, IDbContextFactory<JobsDbContext> contexts, UploadRecovery recovery, ServerOptions options) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await start.CheckAsync(cancellationToken);
        try
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            await context.Database.ExecuteSqlRawAsync("PRAGMA journal_mode=WAL", cancellationToken);
            await context.Database.MigrateAsync(cancellationToken);
            await EventTriggers.CreateAsync(context, cancellationToken);
        }
        catch (SqliteException e)
        {
            throw DatabaseFault.Explain(options.DatabasePath, e);
        }

        await recovery.RunAsync(cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
