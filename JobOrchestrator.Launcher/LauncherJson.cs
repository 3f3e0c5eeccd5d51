using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobOrchestrator.Launcher;

/// <summary>Compiled serialisers for the files in the control directory.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.General, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LaunchSpec))]
[JsonSerializable(typeof(LaunchResult))]
[JsonSerializable(typeof(LaunchIdentity))]
public sealed partial class LauncherJson : JsonSerializerContext;
