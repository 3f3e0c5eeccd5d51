using JobOrchestrator.Contracts.Executions;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Jobs;

namespace JobOrchestrator.Server.Explain;

/// <summary>What an ending means.</summary>
/// <param name="Fault">Whose doing it was.</param>
/// <param name="Text">The kind of ending in plain words; the job's own message has the particulars.</param>
/// <param name="Advice">What to do about it.</param>
internal sealed record EndReading(Fault Fault, string Text, params string[] Advice)
{
    private const string TryAgain = "Resubmit it; nothing is wrong with the job itself.";

    public static EndReading Of(Job job) => job.State switch
    {
        JobState.Completed => new(Fault.None, "It completed: run.sh ended with exit code 0.", job.CleanedAt is null ? ["Fetch the result."] : []),
        JobState.Invalid => new(Fault.Script, "It was refused before it started.", "Mend what is named and submit it again."),
        JobState.Killed => new(Fault.User, "It was cancelled.", job.HasResult ? ["What it had written until then is in the result."] : []),
        _ => OfFailure(job),
    };

    private static EndReading OfFailure(Job job) => job.Reason switch
    {
        EndReason.Exited => new(Fault.Script, "The script failed.", ExitAdvice(job.ExitCode)),
        EndReason.Signalled => new(Fault.Script, "The script was ended by a signal.", SignalAdvice(job.Signal)),
        EndReason.TimedOut => new(Fault.Script, "The script ran longer than it may.",
            "Ask for a longer timeout if the service allows it, or divide the work into smaller jobs; what it had written until then is in the result."),
        EndReason.LimitExceeded => new(Fault.Script, "The script used more than it may.",
            "Let it use less, or ask for more if the service allows it."),
        EndReason.Rejected => new(Fault.Script, "It was refused before it started.", "Mend what is named and submit it again."),
        EndReason.DeadlineExceeded => new(Fault.System, "It waited too long.", TryAgain, "Ask the operator why no client node took it."),
        EndReason.ServiceRemoved => new(Fault.System, "Its service is no longer offered here.", "Ask the operator, or submit it to another service."),
        EndReason.StorageFailed => new(Fault.System, "The server could not keep its files.", "Submit it again; tell the operator if that fails too."),
        EndReason.DiskFull => new(Fault.System, "A client node's disk is full.", TryAgain, "Tell the operator."),
        _ => new(Fault.System, "The system failed, not the script.", TryAgain, "Tell the operator if it happens again."),
    };

    private static string ExitAdvice(int? exitCode) => exitCode switch
    {
        126 => "Exit code 126: a program in the script may not be executed. Uploaded programs need 'chmod +x' in run.sh first.",
        127 => "Exit code 127: a program in the script was not found. Look at the spelling, and whether it is installed on the client nodes.",
        > 128 and <= 128 + 64 => $"Exit code {exitCode}: a program in the script was ended by signal {exitCode - 128}. {SignalAdvice(exitCode - 128)}",
        _ => "Look at the end of stderr for what went wrong.",
    };

    private static string SignalAdvice(int? signal) => signal switch
    {
        9 => "Signal 9 (KILL) that nobody asked for mostly means that the machine ran out of memory: let it use less.",
        11 => "Signal 11 (SEGV) is a fault in a program: try its newest version, or other input.",
        _ => "Look at the end of stderr for what went wrong.",
    };
}
