using System.Text.Json.Serialization;

namespace JobOrchestrator.Contracts.Executions;

/// <summary>The kind of an ending, for programs; the message beside it is for people.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EndReason>))]
public enum EndReason
{
    /// <summary>It has not ended.</summary>
    None,

    /// <summary>The script exited; the exit code says how.</summary>
    Exited,

    /// <summary>A signal ended the script, not sent by us.</summary>
    Signalled,

    /// <summary>Its wall-clock limit ran out.</summary>
    TimedOut,

    /// <summary>Another limit (memory, CPU time, disk, output, processes) ended it.</summary>
    LimitExceeded,

    /// <summary>The validator refused the script, or there is no usable <c>run.sh</c>.</summary>
    Rejected,

    /// <summary>A user or operator cancelled it.</summary>
    Cancelled,

    /// <summary>The client was restarted, or its machine was, and the execution did not survive.</summary>
    ClientRestarted,

    /// <summary>No answer from the client for too long.</summary>
    ClientUnreachable,

    /// <summary>The client answered and refused or failed to take or to run the job, for reasons of its own.</summary>
    ClientFailed,

    /// <summary>The client's disk is full.</summary>
    DiskFull,

    /// <summary>The result could not be fetched complete.</summary>
    CollectFailed,

    /// <summary>The job waited past the deadline of its state.</summary>
    DeadlineExceeded,

    /// <summary>The job's service is no longer configured.</summary>
    ServiceRemoved,

    /// <summary>The server's disk did not take the job's files.</summary>
    StorageFailed,
}
