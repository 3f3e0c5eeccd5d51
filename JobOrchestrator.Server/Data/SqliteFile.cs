using Microsoft.Data.Sqlite;

namespace JobOrchestrator.Server.Data;

/// <summary>A database file looked at from outside the server's model: for checks, copies and repairs.</summary>
internal static class SqliteFile
{
    private const int BusySeconds = 5;

    /// <summary>Opens the file by a connection of its own, which is really closed when disposed. Never creates one.</summary>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public static async Task<SqliteConnection> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = BusySeconds,
        }.ToString());
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>The first column of every row, as text.</summary>
    public static async Task<List<string>> ReadAsync(SqliteConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        var rows = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(reader.IsDBNull(0) ? "" : reader.GetString(0));
        }

        return rows;
    }

    public static async Task<int> ExecuteAsync(SqliteConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Looks through the whole file; what is wrong with it, nothing when it is sound.</summary>
    public static async Task<List<string>> FindDamageAsync(SqliteConnection connection, CancellationToken cancellationToken)
    {
        var findings = await ReadAsync(connection, "PRAGMA integrity_check(10)", cancellationToken);
        findings.RemoveAll(f => f == "ok");
        findings.AddRange((await ReadAsync(connection, "SELECT \"table\" || ' row ' || \"rowid\" FROM pragma_foreign_key_check", cancellationToken))
            .Take(10).Select(row => $"{row} refers to a row that does not exist"));
        return findings;
    }
}
