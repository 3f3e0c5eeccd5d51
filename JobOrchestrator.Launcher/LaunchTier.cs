using System.Text.Json.Serialization;

namespace JobOrchestrator.Launcher;

/// <summary>How far a job is confined, each tier including the ones before it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LaunchTier>))]
public enum LaunchTier
{
    /// <summary>A session, a clean environment, no descriptors, resource limits, no new privileges, no escape from the launcher's end.</summary>
    Process,

    /// <summary>Landlock's file, network and signal rules, and a system call filter.</summary>
    Landlock,

    /// <summary>Namespaces of its own, made by <c>bwrap</c>, and the system call filter.</summary>
    Bubblewrap,
}
