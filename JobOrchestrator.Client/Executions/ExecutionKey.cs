namespace JobOrchestrator.Client.Executions;

/// <summary>Names an execution: the server's job and attempt, or the id we gave a classic submission and attempt 0.</summary>
/// <param name="JobId">The server's job id.</param>
/// <param name="Attempt">The job's n-th dispatch.</param>
/// <param name="Upload">What the server calls the upload behind the job: a number alone may come again, for another job.</param>
internal readonly record struct ExecutionKey(int JobId, int Attempt, string? Upload = null)
{
    private const int MaxUpload = 64;

    /// <summary>Whether the name of the upload, which becomes part of a path, is one.</summary>
    public bool IsValid => Upload is null || (Upload.Length is > 0 and <= MaxUpload && Upload.All(char.IsAsciiLetterOrDigit));

    public static ExecutionKey Classic(int id) => new(id, 0);

    public override string ToString() => $"{JobId}/{Attempt}";
}
