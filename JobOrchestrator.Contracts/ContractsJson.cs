using System.Text.Json;
using System.Text.Json.Serialization;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Contracts;

/// <summary>Compiled serialisers for everything on the wire: members in camelCase (single words, so the classic shapes fit), nulls left out.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StatusBody))]
[JsonSerializable(typeof(Pong))]
[JsonSerializable(typeof(Payload))]
[JsonSerializable(typeof(ExecutionRequest))]
[JsonSerializable(typeof(ExecutionReport))]
[JsonSerializable(typeof(IReadOnlyList<ExecutionReport>))]
[JsonSerializable(typeof(IReadOnlyList<ExecutionName>))]
[JsonSerializable(typeof(ExecutionEvent))]
[JsonSerializable(typeof(ClientStatus))]
[JsonSerializable(typeof(ExecutionFileList))]
[JsonSerializable(typeof(double))]
public sealed partial class ContractsJson : JsonSerializerContext;
