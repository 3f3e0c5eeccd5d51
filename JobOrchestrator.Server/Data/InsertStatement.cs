using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace JobOrchestrator.Server.Data;

/// <summary>
/// Inserts rows of one entity by a prepared statement. Columns and conversions come from the model, so that it follows every change of the
/// schema by itself.
/// </summary>
internal sealed class InsertStatement<T> : IDisposable
    where T : class
{
    private readonly PreparedStatement _statement;
    private readonly (IClrPropertyGetter Getter, ValueConverter? Converter)[] _columns;
    private readonly object?[] _values;

    public InsertStatement(DbConnection connection, IModel model)
    {
        var entity = model.FindEntityType(typeof(T)) ?? throw new ArgumentException($"{typeof(T)} is not in the model.", nameof(model));
        var table = StoreObjectIdentifier.Create(entity, StoreObjectType.Table)!.Value;
        var properties = entity.GetProperties().Where(p => p.ValueGenerated != ValueGenerated.OnAdd).ToArray();
        var generated = entity.GetProperties().SingleOrDefault(p => p.ValueGenerated == ValueGenerated.OnAdd);
        _columns = [.. properties.Select(p => (p.GetGetter(), p.GetTypeMapping().Converter))];
        _values = new object?[properties.Length];
        var sql = $"INSERT INTO \"{table.Name}\" ({string.Join(", ", properties.Select(Column))}) "
            + $"VALUES ({string.Join(", ", properties.Select((_, i) => $"@p{i}"))})"
            + (generated is null ? "" : $" RETURNING {Column(generated)}");
        _statement = new PreparedStatement(connection, sql, properties.Length);

        string Column(IProperty property) => $"\"{property.GetColumnName(table)}\"";
    }

    /// <summary>Inserts a row; returns the value the database gave it (its key), null when it gives none.</summary>
    public object? Execute(DbTransaction transaction, T row)
    {
        for (var i = 0; i < _columns.Length; i++)
        {
            var value = _columns[i].Getter.GetClrValue(row);
            _values[i] = _columns[i].Converter is { } converter ? converter.ConvertToProvider(value) : value;
        }

        return _statement.ExecuteScalar(transaction, _values);
    }

    public void Dispose() => _statement.Dispose();
}
