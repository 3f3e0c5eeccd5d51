using System.Diagnostics;
using System.Globalization;

namespace JobOrchestrator.Server;

/// <summary>
/// Places where tests let the server die: between any two steps that must not be taken for one. Only in builds for development; elsewhere the
/// calls are not compiled in. With <c>JOBORCHESTRATOR_CRASH_AT=collect.fetched</c> (or <c>collect.fetched:3</c> for the third time)
/// in its environment the process ends itself there by SIGKILL: no clean-up, no flush, no answer.
/// </summary>
internal static class FaultPoints
{
    public const string Variable = "JOBORCHESTRATOR_CRASH_AT";

    public const string UploadReceiving = "upload.receiving";
    public const string UploadStaged = "upload.staged";
    public const string UploadCommitted = "upload.committed";
    public const string UploadPublished = "upload.published";
    public const string ClaimTracked = "claim.tracked";
    public const string ClaimCommitted = "claim.committed";
    public const string DispatchHalf = "dispatch.half";
    public const string DispatchAccepted = "dispatch.accepted";
    public const string DispatchNoted = "dispatch.noted";
    public const string RunNoted = "run.noted";
    public const string CollectStarted = "collect.started";
    public const string CollectHalf = "collect.half";
    public const string CollectFetched = "collect.fetched";
    public const string CollectPublished = "collect.published";
    public const string FinishCommitted = "finish.committed";
    public const string FinishReleased = "finish.released";
    public const string FinishSettled = "finish.settled";
    public const string RetryCommitted = "retry.committed";
    public const string CancelCommitted = "cancel.committed";
    public const string CleanDiscarded = "clean.discarded";
    public const string CleanMarked = "clean.marked";
    public const string CleanEmptied = "clean.emptied";
    public const string WriterRan = "writer.ran";
    public const string WriterCommitted = "writer.committed";

    private static readonly (string Name, int Pass)? Armed = Read(Environment.GetEnvironmentVariable(Variable));
    private static int _passes;

    [Conditional("DEBUG")]
    public static void Reached(string name)
    {
        if (Armed is { } armed && armed.Name == name && Interlocked.Increment(ref _passes) == armed.Pass)
        {
            using var self = Process.GetCurrentProcess();
            self.Kill(); // SIGKILL
            new ManualResetEventSlim().Wait(); // the signal takes a moment, and nothing may happen in it
        }
    }

    private static (string Name, int Pass)? Read(string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return null;
        }

        var parts = value.Split(':');
        return (parts[0], parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 1);
    }
}
