using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobOrchestrator.Client.Validation;

/// <summary>Compiled serialiser for what <c>validate --json</c> prints.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(FileVerdict))]
internal sealed partial class ValidationJson : JsonSerializerContext;
