namespace JobOrchestrator.Contracts.V1;

/// <summary>The data of one <c>log</c> event of <c>GET /jobs/{id}/logs</c> as SSE.</summary>
public sealed record LogChunk
{
    /// <summary>Attempt the output is of.</summary>
    public required int Attempt { get; init; }

    /// <summary>Position of the first byte of <see cref="Text"/>.</summary>
    public required long From { get; init; }

    /// <summary>Position after its last byte; the next one begins there.</summary>
    public required long To { get; init; }

    /// <summary>The output; bytes that are no UTF-8 are shown as U+FFFD.</summary>
    public required string Text { get; init; }
}
