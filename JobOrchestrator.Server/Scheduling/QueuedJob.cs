using JobOrchestrator.Server.Jobs;

namespace JobOrchestrator.Server.Scheduling;

/// <summary>What the scheduler needs to know of a waiting job.</summary>
/// <param name="Id">Job id; rises with age, so it breaks ties first come, first served.</param>
/// <param name="Service">Name of its service, lower case.</param>
/// <param name="UserId">Whose it is.</param>
/// <param name="Priority">Higher goes first among the jobs of one user; 0 is normal.</param>
/// <param name="QueuedAt">When it was acknowledged; retries keep it, so that they do not go to the back.</param>
/// <param name="NotBefore">Back-off of a retry; <see cref="DateTimeOffset.MinValue"/> for a first attempt.</param>
/// <param name="Attempt">Number of the attempt that is to come, from 1.</param>
/// <param name="AvoidClient">Address of the client node the last attempt failed on; another is preferred.</param>
/// <param name="WaitingSince">When it came into the queue, the last time; the end of a failed attempt for a retry.</param>
/// <param name="TraceParent">W3C context of the job's trace.</param>
/// <param name="PreviousTraceParent">W3C context of the attempt before.</param>
/// <param name="Limits">What its owner asked for; null when nothing.</param>
/// <param name="Upload">The upload behind it; null only where nothing is sent.</param>
internal sealed record QueuedJob(
    int Id,
    string Service,
    int UserId,
    int Priority,
    DateTimeOffset QueuedAt,
    DateTimeOffset NotBefore,
    int Attempt,
    string? AvoidClient = null,
    DateTimeOffset WaitingSince = default,
    string? TraceParent = null,
    string? PreviousTraceParent = null,
    RunLimits? Limits = null,
    string? Upload = null);
