using JobOrchestrator.Tests.Support;
using YamlDotNet.Serialization;

namespace JobOrchestrator.Tests.Deployment;

/// <summary>The compose file kept in the repository, parsed by a library that knows nothing of ours.</summary>
internal static class PublishedCompose
{
    public static readonly string Directory = Repository.PathOf("deploy", "compose");

    /// <summary>Name and settings of each service.</summary>
    public static IReadOnlyDictionary<string, Dictionary<object, object>> Services { get; } = Section("services");

    public static IReadOnlyDictionary<string, Dictionary<object, object>> Networks => Section("networks");

    public static IEnumerable<string> ServiceNames => Services.Keys;

    /// <summary>A value below a service: <c>At("client", "deploy", "resources", "limits", "memory")</c>; null where there is none.</summary>
    public static object? At(string service, params string[] path)
    {
        object? value = Services[service];
        foreach (var key in path)
        {
            value = value is Dictionary<object, object> map && map.TryGetValue(key, out var next) ? next : null;
        }

        return value;
    }

    public static string? Text(string service, params string[] path) => At(service, path) as string;

    public static string[] List(string service, params string[] path) =>
        At(service, path) is List<object> list ? [.. list.Select(item => item.ToString()!)] : [];

    private static Dictionary<string, Dictionary<object, object>> Section(string name)
    {
        var file = new DeserializerBuilder().Build()
            .Deserialize<Dictionary<string, Dictionary<string, Dictionary<object, object>>>>(File.ReadAllText(Path.Combine(Directory, "docker-compose.yaml")));
        return file[name];
    }
}
