namespace JobOrchestrator.Server.Jobs;

/// <summary>Where a job is. Stored by number: never renumber. What may follow what stands in <see cref="JobStateTable"/>.</summary>
internal enum JobState
{
    /// <summary>Acknowledged; waits for a client node.</summary>
    Queued = 1,

    /// <summary>Claimed by the dispatcher; its files are on their way to a client node.</summary>
    Processing = 2,

    /// <summary>On a client node, waiting there for a slot.</summary>
    Submitted = 3,

    /// <summary>The script runs.</summary>
    Running = 4,

    /// <summary>The script ended with exit code 0 and the result is stored.</summary>
    Completed = 5,

    /// <summary>The script ended otherwise, or our side failed for good; the reason says which.</summary>
    Failed = 6,

    /// <summary>The script was refused.</summary>
    Invalid = 7,

    /// <summary>Cancelled.</summary>
    Killed = 8,
}
