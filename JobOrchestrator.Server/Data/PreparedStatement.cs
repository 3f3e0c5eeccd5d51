using System.Data.Common;

namespace JobOrchestrator.Server.Data;

/// <summary>
/// One SQL statement, parsed once for the life of its connection, with named parameters that are set by position. Not safe for concurrent use:
/// it belongs to whom the connection belongs to.
/// </summary>
internal sealed class PreparedStatement : IDisposable
{
    private readonly DbCommand _command;

    /// <summary>Makes the statement; the database sees it at its first use.</summary>
    /// <param name="connection">Stays open as long as the statement is used.</param>
    /// <param name="sql">With parameters named <c>@p0</c>, <c>@p1</c> …</param>
    /// <param name="parameters">How many parameters it has.</param>
    public PreparedStatement(DbConnection connection, string sql, int parameters)
    {
        _command = connection.CreateCommand();
        _command.CommandText = sql;
        for (var i = 0; i < parameters; i++)
        {
            var parameter = _command.CreateParameter();
            parameter.ParameterName = $"@p{i}";
            _command.Parameters.Add(parameter);
        }
    }

    /// <summary>Runs it; returns the number of rows it changed.</summary>
    public int Execute(DbTransaction transaction, params ReadOnlySpan<object?> values) => With(transaction, values).ExecuteNonQuery();

    /// <summary>Runs it; returns the first column of its one row.</summary>
    public object? ExecuteScalar(DbTransaction transaction, params ReadOnlySpan<object?> values) => With(transaction, values).ExecuteScalar();

    public void Dispose() => _command.Dispose();

    private DbCommand With(DbTransaction transaction, ReadOnlySpan<object?> values)
    {
        _command.Transaction = transaction;
        for (var i = 0; i < values.Length; i++)
        {
            _command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        return _command;
    }
}
