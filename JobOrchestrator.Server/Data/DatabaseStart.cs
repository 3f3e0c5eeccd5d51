using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace JobOrchestrator.Server.Data;

/// <summary>
/// What is looked at before a server touches its database: that it is alone, that the file is where it was, whole, its own, not newer than the
/// program, and writable. Whatever is wrong stops the start with a message that names the file and the mend; nothing is created in place of
/// what should be there. Only a large file is looked through beside the work, by <see cref="DatabaseCheck"/>, so that a start does not take longer with every job there
/// ever was. Holds the <see cref="InstanceLock"/> as long as the server lives.
/// </summary>
internal sealed partial class DatabaseStart(
    ServerOptions options, IDbContextFactory<JobsDbContext> contexts, TimeProvider clock, ILogger<DatabaseStart> logger) : IDisposable
{
    /// <summary>Size up to which a file is looked through before anything else happens: a tenth of a second.</summary>
    private const long LookedThroughFirst = 32 << 20;

    private const string HistoryTable = "__EFMigrationsHistory";

    private InstanceLock? _lock;
    private Task? _checked;

    /// <summary>Looks once; later calls get the same answer.</summary>
    /// <exception cref="StartException">The server must not start.</exception>
    public Task CheckAsync(CancellationToken cancellationToken) => _checked ??= CheckOnceAsync(cancellationToken);

    /// <summary>Whether the file is still to be looked through.</summary>
    public bool IsCheckDue { get; private set; }

    /// <summary>What was found while the server ran; null when nothing was.</summary>
    public StartException? Damage { get; private set; }

    public void Dispose() => _lock?.Dispose();

    /// <summary>Looks through the whole file, by a connection of its own, beside whoever works with it.</summary>
    /// <returns>False when it has found <see cref="Damage"/>.</returns>
    /// <exception cref="OperationCanceledException">It was told to end before it was through.</exception>
    public async Task<bool> LookThroughAsync(CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        try
        {
            await using var connection = await SqliteFile.OpenAsync(options.DatabasePath, cancellationToken);
            await using var interrupted = cancellationToken.Register(() => SQLitePCL.raw.sqlite3_interrupt(connection.Handle));
            await ThrowIfDamagedAsync(connection, cancellationToken);
            IsCheckDue = false;
            Log.Checked(logger, options.DatabasePath, new FileInfo(options.DatabasePath).Length >> 20, clock.GetElapsedTime(started).TotalMilliseconds);
        }
        catch (SqliteException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Damage = DatabaseFault.Explain(options.DatabasePath, e);
        }
        catch (StartException e)
        {
            Damage = e;
        }

        return Damage is null;
    }

    private async Task CheckOnceAsync(CancellationToken cancellationToken)
    {
        PrepareDirectories();
        if (Directory.Exists(options.DatabasePath))
        {
            throw new StartException($"{options.DatabasePath} is a directory; DB_PATH must name the file of the database in it, such as {options.DatabasePath}/db.sqlite.");
        }

        var file = new FileInfo(options.DatabasePath);
        if (!file.Exists || file.Length == 0)
        {
            ThrowIfJobsWouldBeForgotten();
            return;
        }

        ThrowIfOtherFile();
        IsCheckDue = true;
        if (file.Length <= LookedThroughFirst && !await LookThroughAsync(cancellationToken))
        {
            throw Damage!;
        }

        try
        {
            await using var connection = await SqliteFile.OpenAsync(options.DatabasePath, cancellationToken);
            await ThrowIfOtherSchemaAsync(connection, cancellationToken);

            // Takes the right to write and gives it back.
            await using var transaction = connection.BeginTransaction(deferred: false);
            await transaction.RollbackAsync(cancellationToken);
        }
        catch (SqliteException e)
        {
            throw DatabaseFault.Explain(options.DatabasePath, e);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever prevents it, the message is the same.")]
    private void PrepareDirectories()
    {
        foreach (var (setting, directory) in new[]
        {
            ("DB_PATH", Path.GetDirectoryName(options.DatabasePath)!),
            ("DATA_PATH", Path.Combine(options.DataPath, "staging")),
            ("DATA_PATH", Path.Combine(options.DataPath, "jobs")),
        })
        {
            try
            {
                Directory.CreateDirectory(directory);
            }
            catch (Exception e)
            {
                throw new StartException($"The directory {directory} ({setting}) cannot be created: {e.Message}", e);
            }
        }

        try
        {
            _lock = InstanceLock.TryTake(options.DatabasePath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException(
                $"The directory of the database {options.DatabasePath} cannot be written to: {e.Message} It must belong to the server's user, on a "
                + "file system that is not full and not mounted read-only.", e);
        }

        if (_lock is null)
        {
            throw new StartException(
                $"Another server, or a restore or maintenance, is using the database {options.DatabasePath} (it holds {InstanceLock.PathOf(options.DatabasePath)}). "
                + "End it first; two servers on one database would run every job twice.");
        }
    }

    private void ThrowIfJobsWouldBeForgotten()
    {
        var jobs = Path.Combine(options.DataPath, "jobs");
        if (Directory.Exists(jobs) && Directory.EnumerateDirectories(jobs).Count() is > 0 and var count)
        {
            throw new StartException(
                $"The database {options.DatabasePath} does not exist, but {jobs} has the files of {count} jobs, which a new database would not know. Let "
                + $"DB_PATH name the right file, restore a backup with 'restore --from DIR', or move {jobs} away to begin anew.");
        }
    }

    private void ThrowIfOtherFile()
    {
        try
        {
            using var file = File.Open(options.DatabasePath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Span<byte> head = stackalloc byte[16];
            if (file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length || !head.SequenceEqual("SQLite format 3\0"u8))
            {
                throw DatabaseFault.Corrupted(options.DatabasePath, "it does not begin as an SQLite file does");
            }
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartException($"The database {options.DatabasePath} cannot be read: {e.Message} It must belong to the server's user.", e);
        }
    }

    private async Task ThrowIfDamagedAsync(SqliteConnection connection, CancellationToken cancellationToken)
    {
        var findings = await SqliteFile.ReadAsync(connection, "PRAGMA quick_check(3)", cancellationToken);
        if (findings is not ["ok"])
        {
            throw DatabaseFault.Corrupted(options.DatabasePath, string.Join("; ", findings));
        }
    }

    private async Task ThrowIfOtherSchemaAsync(SqliteConnection connection, CancellationToken cancellationToken)
    {
        var tables = await SqliteFile.ReadAsync(connection, "SELECT name FROM sqlite_master WHERE type = 'table'", cancellationToken);
        if (tables.Count == 0)
        {
            ThrowIfJobsWouldBeForgotten();
            return;
        }

        if (!tables.Contains(HistoryTable))
        {
            throw new StartException(
                $"The file {options.DatabasePath} is the database of another program (its tables: {string.Join(", ", tables.Take(5))}). Let DB_PATH name another file.");
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var unknown = (await SqliteFile.ReadAsync(connection, $"SELECT MigrationId FROM {HistoryTable} ORDER BY MigrationId", cancellationToken))
            .Except(context.Database.GetMigrations(), StringComparer.Ordinal).ToList();
        if (unknown.Count > 0)
        {
            throw new StartException(
                $"The database {options.DatabasePath} was last used by a newer version of this program (it has {string.Join(", ", unknown)}). Run that version, "
                + "or restore a backup from before the upgrade with 'restore --from DIR'.");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The database {Path} ({Size} MiB) is whole; looked through in {Duration:0} ms")]
        public static partial void Checked(ILogger logger, string path, long size, double duration);
    }
}
