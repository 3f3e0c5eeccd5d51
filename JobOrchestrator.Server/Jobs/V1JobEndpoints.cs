using JobOrchestrator.Contracts.Files;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Access;
using JobOrchestrator.Server.Api;
using JobOrchestrator.Server.Results;
using JobOrchestrator.Server.Scheduling;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobOrchestrator.Server.Jobs;

/// <summary><c>/api/v1/jobs</c>: submit, list, show, cancel.</summary>
internal static class V1JobEndpoints
{
    private const int RetryAfterSeconds = 30;

    public static void MapV1Jobs(this RouteGroupBuilder group)
    {
        group.MapPost("", SubmitAsync).WithName("submitJob")
            .WithSummary("Submit a job: files, one of them run.sh, and the fields user_id and service.")
            .Fails(ProblemKind.InvalidUpload, ProblemKind.TooLarge, ProblemKind.TooSlow, ProblemKind.KeyReused, ProblemKind.TooManyWaiting, ProblemKind.DiskFull)
            .For(Role.Submit).DisableAntiforgery();
        group.MapGet("", ListAsync).WithName("listJobs")
            .WithSummary("Jobs, newest first, page by page; a caller who acts for one user sees that user's.").For(Role.Read);
        group.MapGet("/{id:int}", ShowAsync).WithName("getJob")
            .WithSummary("All that is known of a job, with its attempts and its history.").ForOwnJob(Role.Read);
        group.MapDelete("/{id:int}", CancelAsync).WithName("cancelJob")
            .WithSummary("Cancel a job that has not ended. Cancelling it again is no error.")
            .Fails(ProblemKind.AlreadyEnded).ForOwnJob(Role.Submit);
        group.MapPost("/{id:int}/resubmit", ResubmitAsync).WithName("resubmitJob")
            .WithSummary("Submit a job's files again, as a new job that asks for the same.")
            .Fails(ProblemKind.InvalidUpload, ProblemKind.FilesRemoved, ProblemKind.TooManyWaiting, ProblemKind.DiskFull).ForOwnJob(Role.Submit);
    }

    /// <summary>The job of that id.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public static async Task<Job> GetAsync(this JobStore store, int id, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken) ?? throw NoJob(id);

    public static ApiException NoJob(int id) => new(ProblemKind.JobNotFound, $"There is no job {id}.");

    private static async Task<Created<JobRecord>> SubmitAsync(
        HttpContext context, UploadReceiver receiver, ServerOptions options, CancellationToken cancellationToken)
    {
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = options.MaxUploadBytes;
        try
        {
            var job = await receiver.ReceiveAsync(context.Request, UploadSurface.V1, cancellationToken);
            return TypedResults.Created($"{V1Api.Prefix}/jobs/{job.Id}", job.ToRecord());
        }
        catch (UploadException e)
        {
            throw Refusal(e);
        }
        catch (MultipartException e)
        {
            throw new ApiException(ProblemKind.InvalidUpload, e.Message);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw new ApiException(ProblemKind.TooLarge,
                $"The upload is larger than {options.MaxUploadBytes} bytes, which is the limit (MAX_UPLOAD_BYTES).");
        }
    }

    private static async Task<Ok<JobPage>> ListAsync(
        string? state, int? user_id, string? service, string? tag, DateTimeOffset? created_after, DateTimeOffset? created_before, string? cursor, int? limit,
        HttpContext context, JobSearch search, CancellationToken cancellationToken)
    {
        var query = new JobListQuery(state, context.GetCaller().NarrowTo(user_id), service, tag, created_after, created_before, cursor, limit);
        // One more than is shown tells whether there is another page.
        var jobs = await search.ListAsync(query.Filter, query.Before, query.Limit + 1, cancellationToken);
        var shown = jobs.Take(query.Limit).Select(JobRecords.ToRecord).ToArray();
        return TypedResults.Ok(new JobPage
        {
            Jobs = shown,
            NextCursor = jobs.Count > query.Limit ? JobListQuery.CursorAfter(shown[^1].Id) : null,
        });
    }

    private static async Task<Ok<JobRecord>> ShowAsync(int id, JobStore store, JobSearch search, CancellationToken cancellationToken)
    {
        var job = await store.GetAsync(id, cancellationToken);
        var attempts = await store.ListAttemptsAsync(id, cancellationToken);
        return TypedResults.Ok(job.ToRecord(attempts, await search.ListEventsAsync(id, cancellationToken)));
    }

    private static async Task<Ok<JobRecord>> CancelAsync(
        int id, JobStore store, RunningJobKiller killer, Dispatcher dispatcher, CancellationToken cancellationToken)
    {
        await store.GetAsync(id, cancellationToken);
        var (job, changed) = await store.CancelAsync(id, "Cancelled by request");
        if (changed)
        {
            dispatcher.Wake();
            await killer.KillAsync(job!);
        }

        return job!.State == JobState.Killed
            ? TypedResults.Ok(job.ToRecord())
            : throw new ApiException(ProblemKind.AlreadyEnded, $"Job {id} had already ended as {job.State.ToString().ToLowerInvariant()}.");
    }

    /// <exception cref="ApiException">It cannot be done, with the reason.</exception>
    public static async Task<Created<JobRecord>> ResubmitAsync(int id, JobStore store, UploadReceiver receiver, CancellationToken cancellationToken)
    {
        var original = await store.GetAsync(id, cancellationToken);
        try
        {
            if (original.CleanedAt is null)
            {
                var job = await receiver.ResubmitAsync(original, cancellationToken);
                return TypedResults.Created($"{V1Api.Prefix}/jobs/{job.Id}", job.ToRecord());
            }
        }
        catch (UploadException e)
        {
            throw Refusal(e);
        }
        catch (DirectoryNotFoundException)
        {
            // Retention was there first.
        }

        throw new ApiException(ProblemKind.FilesRemoved, $"The files of job {id} were removed when their time was over.");
    }

    private static ApiException Refusal(UploadException refusal) => refusal.StatusCode switch
    {
        StatusCodes.Status403Forbidden => new ApiException(ProblemKind.Forbidden, refusal.Message),
        StatusCodes.Status413PayloadTooLarge => new ApiException(ProblemKind.TooLarge, refusal.Message),
        StatusCodes.Status422UnprocessableEntity => new ApiException(ProblemKind.KeyReused, refusal.Message),
        StatusCodes.Status429TooManyRequests => new ApiException(ProblemKind.TooManyWaiting, refusal.Message) { RetryAfterSeconds = RetryAfterSeconds },
        StatusCodes.Status507InsufficientStorage => new ApiException(ProblemKind.DiskFull, refusal.Message),
        _ => new ApiException(ProblemKind.InvalidUpload, refusal.Message),
    };
}
