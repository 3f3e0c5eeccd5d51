using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using JobOrchestrator.Server.Data;
using JobOrchestrator.Server.Telemetry;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SQLitePCL;

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

    /// <summary>Statements that looked for rows, in order, their parameters unbound. Told by SQLite itself, so that none escapes.</summary>
    public IReadOnlyCollection<string> Statements => _recorder.Executed;

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

    private sealed class Recorder : DbConnectionInterceptor, IDbTransactionInterceptor
    {
        private static readonly string[] Searching = ["SELECT", "UPDATE", "DELETE", "WITH"];
        private readonly ConditionalWeakTable<sqlite3, strdelegate_profile> _listening = [];
        private int _commits;

        public int CommitCount => Volatile.Read(ref _commits);

        public ConcurrentQueue<string> Executed { get; } = new();

        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => Listen(connection);

        public override Task ConnectionOpenedAsync(
            DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            Listen(connection);
            return Task.CompletedTask;
        }

        public void TransactionCommitted(DbTransaction transaction, TransactionEndEventData eventData) => Interlocked.Increment(ref _commits);

        private void Listen(DbConnection connection)
        {
            var handle = ((SqliteConnection)connection).Handle!;
            strdelegate_profile listener = (_, text, _) => Note(text);
            if (_listening.TryAdd(handle, listener))
            {
                raw.sqlite3_profile(handle, listener, null);
            }
        }

        private void Note(string text)
        {
            if (Searching.Any(word => text.StartsWith(word, StringComparison.Ordinal)))
            {
                Executed.Enqueue(text);
            }
        }
    }
}
