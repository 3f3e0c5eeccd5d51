namespace JobOrchestrator.Server.Clients;

/// <summary>Which part of an output stream is wanted.</summary>
/// <param name="Stream"><c>stdout</c> or <c>stderr</c>.</param>
/// <param name="From">Position of the first byte.</param>
/// <param name="Follow">Whether to go on as it is written, until the script ends.</param>
internal sealed record LogRequest(string Stream, long From, bool Follow)
{
    /// <summary>Instead of <see cref="From"/>: at most so many bytes before what is the end now.</summary>
    public long? Tail { get; init; }
}
