using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobOrchestrator.Contracts.V1;

/// <summary>Compiled serialisers of the v1 API: members and words in snake case, nulls left out.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JobRecord))]
[JsonSerializable(typeof(JobPage))]
[JsonSerializable(typeof(ServiceList))]
[JsonSerializable(typeof(ClientList))]
[JsonSerializable(typeof(FileList))]
[JsonSerializable(typeof(Explanation))]
[JsonSerializable(typeof(JobEventRecord))]
[JsonSerializable(typeof(EventReset))]
[JsonSerializable(typeof(LogChunk))]
[JsonSerializable(typeof(LogEnd))]
[JsonSerializable(typeof(WebhookReport))]
[JsonSerializable(typeof(ScriptVerdict))]
[JsonSerializable(typeof(Problem))]
public sealed partial class V1Json : JsonSerializerContext;
