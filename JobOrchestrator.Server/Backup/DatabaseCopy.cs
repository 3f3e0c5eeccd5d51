using System.Globalization;
using JobOrchestrator.Server.Data;
using Microsoft.Data.Sqlite;

namespace JobOrchestrator.Server.Backup;

/// <summary>
/// The database side of backups. Reads by plain SQL and columns that were there from the first version on, so that it also works on files that
/// an older version of the program wrote.
/// </summary>
internal static class DatabaseCopy
{
    /// <summary>Copies the database as it is at one moment, by SQLite's own means, while others read and write it; and looks the copy through.</summary>
    /// <exception cref="BackupException">The source is not there, or the copy is damaged.</exception>
    public static async Task CreateAsync(string source, string target, CancellationToken cancellationToken)
    {
        if (!File.Exists(source))
        {
            throw new BackupException($"There is no database {source}; see DB_PATH.");
        }

        await using (var from = await SqliteFile.OpenAsync(source, cancellationToken))
        await using (var to = new SqliteConnection($"Data Source={target};Pooling=false"))
        {
            await to.OpenAsync(cancellationToken);
            from.BackupDatabase(to);

            // One file, without a log beside it.
            await SqliteFile.ExecuteAsync(to, "PRAGMA journal_mode=DELETE", cancellationToken);
        }

        await using var copy = await SqliteFile.OpenAsync(target, cancellationToken);
        if (await SqliteFile.FindDamageAsync(copy, cancellationToken) is { Count: > 0 } findings)
        {
            throw new BackupException($"The database is damaged: {string.Join("; ", findings)}. No backup was made; restore an earlier one.");
        }
    }

    /// <summary>Jobs whose files are kept.</summary>
    public static async Task<List<BackupJob>> ListJobsAsync(string database, CancellationToken cancellationToken)
    {
        await using var connection = await SqliteFile.OpenAsync(database, cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT Id, StagingKey, Attempt, HasResult FROM Jobs WHERE CleanedAt IS NULL ORDER BY Id";
        var jobs = new List<BackupJob>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            jobs.Add(new BackupJob(reader.GetInt32(0), reader.GetString(1), reader.GetInt32(2), reader.GetBoolean(3)));
        }

        return jobs;
    }

    /// <summary>Jobs in all, by the name of their state.</summary>
    public static async Task<Dictionary<string, int>> CountAsync(string database, CancellationToken cancellationToken)
    {
        await using var connection = await SqliteFile.OpenAsync(database, cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT State, count(*) FROM Jobs GROUP BY State ORDER BY State";
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            counts[((Jobs.JobState)reader.GetInt32(0)).ToString()] = reader.GetInt32(1);
        }

        return counts;
    }

    /// <summary>Of the given jobs, those that the running database has cleaned meanwhile.</summary>
    public static async Task<HashSet<int>> ListCleanedAsync(string database, IReadOnlyList<int> jobIds, CancellationToken cancellationToken)
    {
        await using var connection = await SqliteFile.OpenAsync(database, cancellationToken);
        var ids = string.Join(',', jobIds.Select(id => id.ToString(CultureInfo.InvariantCulture)));
        return [.. (await SqliteFile.ReadAsync(connection, $"SELECT Id FROM Jobs WHERE CleanedAt IS NOT NULL AND Id IN ({ids})", cancellationToken))
            .Select(id => int.Parse(id, CultureInfo.InvariantCulture))];
    }

    /// <summary>Notes in a copy that these jobs' files are gone.</summary>
    public static async Task MarkCleanedAsync(string database, IEnumerable<int> jobIds, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await SqliteFile.OpenAsync(database, cancellationToken);
        var ids = string.Join(',', jobIds.Select(id => id.ToString(CultureInfo.InvariantCulture)));
        await SqliteFile.ExecuteAsync(connection, string.Create(
            CultureInfo.InvariantCulture, $"UPDATE Jobs SET CleanedAt = {now.UtcTicks}, HasResult = 0 WHERE Id IN ({ids})"), cancellationToken);
    }

    /// <summary>
    /// Lets new jobs' ids begin further on. Client nodes may still have executions of jobs that came after the backup; a new job of the same id
    /// must not be taken for one of those.
    /// </summary>
    public static async Task SkipIdsAsync(string database, int count, CancellationToken cancellationToken)
    {
        await using var connection = await SqliteFile.OpenAsync(database, cancellationToken);
        await SqliteFile.ExecuteAsync(connection, string.Create(
            CultureInfo.InvariantCulture,
            $"""
            INSERT INTO sqlite_sequence (name, seq) SELECT 'Jobs', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'Jobs');
            UPDATE sqlite_sequence SET seq = seq + {count} WHERE name = 'Jobs';
            """), cancellationToken);
    }
}
