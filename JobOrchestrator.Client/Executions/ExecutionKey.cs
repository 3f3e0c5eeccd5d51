namespace JobOrchestrator.Client.Executions;

/// <summary>Names an execution: the server's job and attempt, or the id we gave a classic submission and attempt 0.</summary>
internal readonly record struct ExecutionKey(int JobId, int Attempt)
{
    public static ExecutionKey Classic(int id) => new(id, 0);
}
