namespace JobOrchestrator.Server.Logs;

/// <summary>What a <see cref="LogReader"/> gives: a piece of output; or, when <see cref="Output"/> is empty, a sign that the reader still waits.</summary>
/// <param name="Attempt">Whose output it is.</param>
/// <param name="Offset">Position of its first byte.</param>
/// <param name="Output">Valid until the next piece is asked for.</param>
internal readonly record struct LogPiece(int Attempt, long Offset, ReadOnlyMemory<byte> Output)
{
    /// <summary>Position after its last byte.</summary>
    public long End => Offset + Output.Length;
}
