using System.Text.Json;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Server.Jobs;

/// <summary>Limits as a row holds them: cores and memory in columns of their own, the rest, which hardly anybody asks for, together as JSON.</summary>
internal static class AskedLimitsText
{
    /// <summary>What is left for the JSON; null for nothing.</summary>
    public static string? Write(ExecutionLimits? asked)
    {
        var rest = (asked ?? new()) with { Cpus = null, Memory = null };
        return rest == new ExecutionLimits() ? null : JsonSerializer.Serialize(rest, ContractsJson.Default.ExecutionLimits);
    }

    /// <summary>All of them; null for none.</summary>
    /// <exception cref="JsonException">The text is not what <see cref="Write"/> wrote.</exception>
    public static ExecutionLimits? Read(double? cpus, long? memory, string? rest) => (cpus, memory, rest) is (null, null, null)
        ? null
        : (rest is null ? new() : JsonSerializer.Deserialize(rest, ContractsJson.Default.ExecutionLimits)!) with { Cpus = cpus, Memory = memory };
}
