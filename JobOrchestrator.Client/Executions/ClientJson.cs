using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobOrchestrator.Client.Executions;

/// <summary>Compiled serialiser for the client's own files.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ExecutionRecord))]
internal sealed partial class ClientJson : JsonSerializerContext;
