using System.Data.Common;
using JobOrchestrator.Server.Jobs;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace JobOrchestrator.Server.Data;

/// <summary>
/// The writer's connection, open as long as the server runs, with two ways to write in its transactions: prepared statements for what happens to
/// every job, and Entity Framework for everything else. One thread at a time.
/// </summary>
internal sealed class WriterSession : IAsyncDisposable
{
    private readonly JobsDbContext _context;
    private readonly DbConnection _connection;
    private IDbContextTransaction? _transaction;
    private bool _durable = true;

    private WriterSession(JobsDbContext context, DbConnection connection)
    {
        _context = context;
        _connection = connection;
        context.Database.AutoSavepointsEnabled = false;
        Jobs = new JobStatements(connection, context.Model, () => context.Database.CurrentTransaction!.GetDbTransaction());
    }

    /// <summary>What happens to every job.</summary>
    public JobStatements Jobs { get; }

    /// <summary>For everything else. Remembers nothing from one piece of work to the next.</summary>
    public JobsDbContext Context => _context;

    public static async Task<WriterSession> OpenAsync(IDbContextFactory<JobsDbContext> contexts)
    {
        var context = await contexts.CreateDbContextAsync();
        try
        {
            await context.Database.OpenConnectionAsync();
            var connection = context.Database.GetDbConnection();
            CommitDurability.Set(connection, durable: true); // it comes from a pool, and may have been a writer's before
            return new WriterSession(context, connection);
        }
        catch
        {
            await context.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a transaction.</summary>
    /// <param name="durable">Whether its commit must have reached the disk; a commit that need not is on the disk with the next one that must.</param>
    public void Begin(bool durable)
    {
        Wait(durable);
        _transaction = _context.Database.BeginTransaction();
    }

    public void Commit()
    {
        _transaction!.Commit();
        Leave();
    }

    public async ValueTask DisposeAsync()
    {
        // A transaction that was not committed is rolled back with it.
        Leave();
        Jobs.Dispose();
        try
        {
            Wait(durable: true); // whoever has the connection from the pool next counts on it
        }
        finally
        {
            await _context.DisposeAsync();
        }
    }

    private void Wait(bool durable)
    {
        if (_durable != durable)
        {
            CommitDurability.Set(_connection, durable);
            _durable = durable;
        }
    }

    private void Leave()
    {
        _transaction?.Dispose();
        _transaction = null;
    }
}
