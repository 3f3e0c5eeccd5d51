namespace JobOrchestrator.Contracts.V1;

/// <summary>Problem details (RFC 9457): the shape of every error of the v1 API.</summary>
public sealed record Problem
{
    /// <summary>Reference to the documentation of this kind of problem, <c>/api/v1/problems/&lt;code&gt;</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The kind of problem in a few words; the same for every occurrence.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status code.</summary>
    public required int Status { get; init; }

    /// <summary>What is wrong this time and how to mend it.</summary>
    public required string Detail { get; init; }

    /// <summary>Path of the request.</summary>
    public string? Instance { get; init; }

    /// <summary>The kind of problem as a stable word, for programs.</summary>
    public required string Code { get; init; }
}
