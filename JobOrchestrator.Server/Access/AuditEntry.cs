using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobOrchestrator.Server.Access;

/// <summary>One line of the audit log: who did, or tried to do, what.</summary>
/// <param name="At">When it was answered, UTC.</param>
/// <param name="Caller">The key's name, the token's subject, or that nobody was named.</param>
/// <param name="Address">Where the request came from, past proxies that are trusted.</param>
/// <param name="Action">Method and path.</param>
/// <param name="Status">The HTTP status it was answered with.</param>
/// <param name="TraceId">To find what followed from it.</param>
internal sealed record AuditEntry(DateTimeOffset At, string Caller, string? Address, string Action, int Status, string? TraceId);

/// <summary>Compiled serialiser of the audit log.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuditEntry))]
internal sealed partial class AuditJson : JsonSerializerContext;
