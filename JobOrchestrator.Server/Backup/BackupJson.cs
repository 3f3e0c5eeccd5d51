using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobOrchestrator.Server.Backup;

/// <summary>Compiled serialiser for the files of a backup.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(BackupManifest))]
internal sealed partial class BackupJson : JsonSerializerContext;
