using System.Text.Json.Serialization;

namespace JobOrchestrator.Launcher;

/// <summary>A limit that ended a job.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LimitKind>))]
public enum LimitKind
{
    /// <summary>Wall-clock time, in milliseconds.</summary>
    Time,

    /// <summary>CPU time, in milliseconds.</summary>
    Cpu,

    /// <summary>Resident memory, in bytes.</summary>
    Memory,

    /// <summary>Processes at once.</summary>
    Processes,

    /// <summary>Space on the disk, in bytes.</summary>
    DiskBytes,

    /// <summary>Files and directories.</summary>
    DiskEntries,
}
