namespace JobOrchestrator.Contracts.Executions;

/// <summary>
/// One line of <c>GET /events?after=&lt;sequence&gt;&amp;epoch=&lt;epoch&gt;</c> (newline-delimited JSON). The first line of every stream has
/// no <see cref="Execution"/>: it says where the stream stands and whether it can continue where the reader left off. Every later
/// line is one state change. An empty line is a sign of life.
/// </summary>
/// <param name="Epoch">Changes at every start of the client; sequences of different epochs do not compare.</param>
/// <param name="Sequence">Of this event, rising by one from 1; in the first line that of the latest event before the stream.</param>
/// <param name="Reset">First line only: events after the reader's position are gone (or it named none), so it must look at
/// <c>GET /executions</c> to learn the present state.</param>
/// <param name="Execution">The execution as it is after the change.</param>
/// <param name="Result">With a final state, when the reader asked for it (<c>inline=&lt;bytes&gt;</c>) and the execution's files have no more
/// bytes than that: the result as a ZIP, so that it need not be fetched.</param>
public sealed record ExecutionEvent(string Epoch, long Sequence, bool Reset = false, ExecutionReport? Execution = null, byte[]? Result = null);
