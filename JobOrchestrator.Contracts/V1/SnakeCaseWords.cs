using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobOrchestrator.Contracts.V1;

/// <summary>An enumeration as words in snake case: <c>client_unreachable</c>. Numbers are refused.</summary>
public sealed class SnakeCaseWords<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
