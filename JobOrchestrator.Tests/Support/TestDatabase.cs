using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics.Metrics;
using JobOrchestrator.Server.Data;
using JobOrchestrator.Server.Telemetry;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobOrchestrator.Tests.Support;

/// <summary>A migrated SQLite file with the writer that owns it, and a record of what goes to the database.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly Recorder _recorder = new();

    private TestDatabase(string path)
    {
        Path = path;
        Contexts = new PooledDbContextFactory<JobsDbContext>(new DbContextOptionsBuilder<JobsDbContext>()
            .UseSqlite($"Data Source={path}")
            .AddInterceptors(new SqlitePragmas(), _recorder)
            .Options);
        Writer = new DatabaseWriter(Contexts, Metrics, TimeProvider.System, NullLogger<DatabaseWriter>.Instance);
    }

    public string Path { get; }

    public IDbContextFactory<JobsDbContext> Contexts { get; }

    public DatabaseWriter Writer { get; }

    public ServerMetrics Metrics { get; } = new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());

    /// <summary>Transactions committed so far.</summary>
    public int Commits => _recorder.CommitCount;

    /// <summary>Statements with the values they were executed with, in order.</summary>
    public IReadOnlyCollection<(string Text, SqliteParameter[] Parameters)> Statements => _recorder.Executed;

    public static async Task<TestDatabase> CreateAsync(string path)
    {
        var database = new TestDatabase(path);
        await using var context = await database.Contexts.CreateDbContextAsync();
        await context.Database.ExecuteSqlRawAsync("PRAGMA journal_mode=WAL");
        await context.Database.MigrateAsync();
        database.ForgetStatements();
        return database;
    }

    public void ForgetStatements() => _recorder.Executed.Clear();

    public async Task<SqliteConnection> OpenAsync()
    {
        var connection = new SqliteConnection($"Data Source={Path};Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    public async ValueTask DisposeAsync() => await Writer.DisposeAsync();

    private sealed class Recorder : DbCommandInterceptor, IDbTransactionInterceptor
    {
        private int _commits;

        public int CommitCount => Volatile.Read(ref _commits);

        public ConcurrentQueue<(string Text, SqliteParameter[] Parameters)> Executed { get; } = new();

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            Note(command);
            return ValueTask.FromResult(result);
        }

        public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            Note(command);
            return ValueTask.FromResult(result);
        }

        public Task TransactionCommittedAsync(
            DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref _commits);
            return Task.CompletedTask;
        }

        private void Note(DbCommand command) => Executed.Enqueue(
            (command.CommandText, [.. command.Parameters.Cast<SqliteParameter>().Select(p => new SqliteParameter(p.ParameterName, p.Value))]));
    }
}
