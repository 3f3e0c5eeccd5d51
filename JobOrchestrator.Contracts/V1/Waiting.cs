namespace JobOrchestrator.Contracts.V1;

/// <summary>What a queued job waits for.</summary>
public sealed record Waiting
{
    public required WaitCause Cause { get; init; }

    /// <summary>Its place among the waiting jobs of its service, 1 = next, if no limit holds others up.</summary>
    public required int Position { get; init; }

    /// <summary>Waiting jobs of the same user that go first.</summary>
    public required int OwnJobsAhead { get; init; }

    /// <summary>Jobs that wait in its service.</summary>
    public required int WaitingInService { get; init; }

    /// <summary>How long it has waited.</summary>
    public required double WaitedSeconds { get; init; }

    /// <summary>An estimate of how long it still has to wait; left out when there is nothing to go by.</summary>
    public double? EstimateSeconds { get; init; }

    /// <summary>What the estimate rests on.</summary>
    public string? EstimateBasis { get; init; }

    /// <summary>For a job in back-off: when it may go.</summary>
    public DateTimeOffset? NotBefore { get; init; }
}
