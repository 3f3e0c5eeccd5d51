using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.V1;

namespace JobOrchestrator.Cli;

/// <summary>
/// What the program exits with. With <c>--wait</c> or <c>--follow</c> a script's own exit code passes through, so that <c>jobs submit --wait</c> can stand
/// where the script itself stood; endings without one have codes after sysexits.h, and 128 + n stands for signal n, as in a shell.
/// </summary>
internal static class ExitCodes
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int Usage = 2;
    public const int Rejected = 65;
    public const int Unavailable = 69;
    public const int SystemFailed = 75;
    public const int NotAllowed = 77;
    public const int Interrupted = 130;
    private const int SignalBase = 128;
    private const int SigTerm = 15;

    public const string Explained =
        "Exit codes: 0 done; 1 not done; 2 wrong usage; 65 the script was refused; 69 the server cannot be reached; 77 not allowed. With --wait or --follow: "
        + "the script's own; 128+n when signal n ended it; 75 the system failed; 143 the job was cancelled.";

    /// <summary>The code an ended job stands for.</summary>
    public static int Of(JobRecord job) => job switch
    {
        { State: JobStatus.Completed } => Success,
        { State: JobStatus.Invalid } => Rejected,
        { State: JobStatus.Killed } => SignalBase + SigTerm,
        { ExitCode: > 0 and var code } => code,
        { Signal: { } signal } => SignalBase + signal,
        { Reason: EndReason.TimedOut } => SignalBase + SigTerm,
        _ => SystemFailed,
    };
}
