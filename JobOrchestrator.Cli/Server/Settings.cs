using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobOrchestrator.Cli.Server;

/// <summary>What <c>jobs login</c> keeps: <c>$XDG_CONFIG_HOME/joborchestrator/jobs.json</c>, readable by its owner only.</summary>
internal sealed record Settings
{
    public const string DefaultServer = "http://localhost:5000";

    /// <summary>Address of the server used when none is named.</summary>
    public string? Server { get; init; }

    /// <summary>Keys by server address. A key is never sent to another server than its own.</summary>
    public Dictionary<string, string> Keys { get; init; } = [];

    public static string FilePath { get; } = Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } directory
            ? directory
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config"),
        "joborchestrator", "jobs.json");

    public string? KeyFor(Uri server) => Keys.GetValueOrDefault(server.AbsoluteUri);

    /// <summary>What is kept; nothing when there is no file.</summary>
    public static Settings Load()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(FilePath), SettingsJson.Default.Settings) ?? new Settings();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new Settings();
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{FilePath} cannot be used: {e.Message} Mend it, or remove it and log in again.");
        }
    }

    /// <summary>Keeps it: whole or not at all, and nobody else may read it.</summary>
    public void Save()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var temporary = $"{FilePath}.{Environment.ProcessId}";
        using (var file = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            JsonSerializer.Serialize(file, this, SettingsJson.Default.Settings);
        }

        File.Move(temporary, FilePath, overwrite: true);
    }
}

/// <summary>Compiled serialiser of the settings file.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Settings))]
internal sealed partial class SettingsJson : JsonSerializerContext;
