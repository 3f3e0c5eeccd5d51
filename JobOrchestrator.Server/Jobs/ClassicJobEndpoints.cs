using System.Data.Common;
using System.Globalization;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Contracts.Files;
using JobOrchestrator.Server.Access;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Results;
using JobOrchestrator.Server.Scheduling;
using JobOrchestrator.Server.Telemetry;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace JobOrchestrator.Server.Jobs;

/// <summary>The classic surface, byte shapes included: <c>/upload</c>, <c>/download</c>, <c>/download_partial</c>, <c>/terminate</c>.</summary>
internal static partial class ClassicJobEndpoints
{
    public static void MapClassicJobs(this IEndpointRouteBuilder routes, AccessOptions access)
    {
        var group = routes.MapGroup("").WithTags("classic");
        group.MapPost("/upload", UploadAsync)
            .WithSummary("Submit a job: multipart with files (one of them run.sh) and the fields user_id and service.")
            .ForClassic(access, Role.Submit)
            .DisableAntiforgery();
        group.MapMethods("/download/{id}", ["GET", "HEAD"], DownloadAsync)
            .WithSummary("The result as a ZIP once the job is Completed; its status before.")
            .ForOwnJobClassic(access, Role.Read);
        group.MapGet("/download_partial/{id}", DownloadPartialAsync)
            .WithSummary("A ZIP of the job's working directory as it is now.")
            .ForOwnJobClassic(access, Role.Read);
        group.MapPost("/terminate/{id}", TerminateAsync)
            .WithSummary("Cancel a job in any state but an ended one.")
            .ForOwnJobClassic(access, Role.Submit);
    }

    private static async Task<JsonHttpResult<StatusBody>> UploadAsync(
        HttpContext context, UploadReceiver receiver, ServerOptions options, CancellationToken cancellationToken)
    {
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = options.MaxUploadBytes;
        try
        {
            var job = await receiver.ReceiveAsync(context.Request, UploadSurface.Classic, cancellationToken);
            return Answer(StatusCodes.Status201Created, job.ToStatusBody("Job successfully uploaded"));
        }
        catch (UploadException e)
        {
            if (e.StatusCode == StatusCodes.Status429TooManyRequests)
            {
                context.Response.Headers.RetryAfter = "30";
            }

            return Refuse(e.StatusCode, e.Message);
        }
        catch (MultipartException e)
        {
            return Refuse(StatusCodes.Status400BadRequest, e.Message);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return Refuse(e.StatusCode,
                $"The upload is larger than {options.MaxUploadBytes} bytes, which is the limit (MAX_UPLOAD_BYTES)");
        }
        catch (BadHttpRequestException e)
        {
            return Refuse(e.StatusCode, $"Multipart error: {e.Message}");
        }
    }

    private static async Task<IResult> DownloadAsync(
        string id, HttpContext context, JobStore store, JobFiles files, CancellationToken cancellationToken)
    {
        var (job, problem) = await FindAsync(id, store, cancellationToken);
        if (job is null)
        {
            return problem!;
        }

        if (job is not { State: JobState.Completed, CleanedAt: null })
        {
            return Answer(StatusCodes.Status200OK, job.ToStatusBody());
        }

        ServerTrace.FollowDownload(context, job);
        if (DurableFile.TryOpen(files.ResultPath(job)) is { } result)
        {
            return TypedResults.Stream(result, "application/zip", enableRangeProcessing: true, lastModified: job.EndedAt,
                entityTag: new Microsoft.Net.Http.Headers.EntityTagHeaderValue($"\"{job.Id}-{job.Attempt}\""));
        }

        return await WasCleanedAsync(job.Id, store, files, cancellationToken)
            ? Answer(StatusCodes.Status200OK, new StatusBody(job.Id, ClassicStatus.Cleaned, job.Message))
            : Answer(StatusCodes.Status500InternalServerError, job.ToStatusBody("Error reading output file: it is missing on the server's disk"));
    }

    /// <summary>Whether retention was faster than a request that found no file. It takes files away first and notes it then, so it is looked for in this order.</summary>
    private static async Task<bool> WasCleanedAsync(int jobId, JobStore store, JobFiles files, CancellationToken cancellationToken) =>
        files.IsInTrash(jobId) || await store.FindAsync(jobId, cancellationToken) is { CleanedAt: not null };

    private static async Task<IResult> DownloadPartialAsync(
        string id, HttpContext context, JobStore store, JobFiles files, ServiceCatalog catalog, ClientRegistry registry,
        CancellationToken cancellationToken)
    {
        var (job, problem) = await FindAsync(id, store, cancellationToken);
        if (job is null)
        {
            return problem!;
        }

        if (!catalog.Services.ContainsKey(job.Service))
        {
            return Answer(StatusCodes.Status400BadRequest, job.ToStatusBody($"Service '{job.Service}' is no longer configured"));
        }

        if (job.HasResult && File.Exists(files.ResultPath(job)))
        {
            return TypedResults.PhysicalFile(files.ResultPath(job), "application/zip");
        }

        if (job.Attempt > 0 && registry.Find(job.Client) is { } node
            && !(node.IsClassic && job.ClassicId is null)
            && await CopyPartialAsync(context, node, ExecutionRef.Of(job), cancellationToken))
        {
            return TypedResults.Empty;
        }

        return Answer(StatusCodes.Status404NotFound, job.ToStatusBody("The job has no working directory on a client node now"));
    }

    private static async Task<bool> CopyPartialAsync(
        HttpContext context, ClientNode node, ExecutionRef execution, CancellationToken cancellationToken)
    {
        try
        {
            return await node.Protocol.CopyPartialAsync(
                execution,
                () =>
                {
                    context.Response.ContentType = "application/zip";
                    return context.Response.Body;
                },
                cancellationToken);
        }
        catch (ClientException) when (context.Response.HasStarted)
        {
            // The reader must see that the archive is cut short.
            context.Abort();
            return true;
        }
        catch (ClientException)
        {
            return false;
        }
    }

    private static async Task<JsonHttpResult<StatusBody>> TerminateAsync(
        string id, JobStore store, RunningJobKiller killer, Dispatcher dispatcher, ILogger<JobStore> logger, CancellationToken cancellationToken)
    {
        var (found, problem) = await FindAsync(id, store, cancellationToken);
        if (found is null)
        {
            return problem!;
        }

        Job? job;
        bool changed;
        try
        {
            (job, changed) = await store.CancelAsync(found.Id, "Cancelled by request");
        }
        catch (Exception e) when (e is DbException or DbUpdateException)
        {
            using var scope = logger.BeginJobScope(found);
            Log.NotTerminated(logger, found.Id, e);
            return Answer(StatusCodes.Status500InternalServerError, found.ToStatusBody("could not terminate job"));
        }

        if (changed)
        {
            FaultPoints.Reached(FaultPoints.CancelCommitted);
            dispatcher.Wake();
            await killer.KillAsync(job!);
        }

        return job!.State == JobState.Killed
            ? Answer(StatusCodes.Status200OK, job.ToStatusBody("job terminated"))
            : Answer(StatusCodes.Status409Conflict, job.ToStatusBody($"The job had already ended as {job.ToClassicStatus()}"));
    }

    private static async Task<(Job? Job, JsonHttpResult<StatusBody>? Problem)> FindAsync(string id, JobStore store, CancellationToken cancellationToken)
    {
        if (!int.TryParse(id, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var jobId))
        {
            return (null, Answer(StatusCodes.Status400BadRequest,
                new StatusBody(0, ClassicStatus.Unknown, "Invalid job id, should be a whole number")));
        }

        return await store.FindAsync(jobId, cancellationToken) is { } job
            ? (job, null)
            : (null, Answer(StatusCodes.Status404NotFound,
                new StatusBody(0, ClassicStatus.Unknown, $"Job {jobId} not found in the database")));
    }

    /// <summary>The answer goes out at once. Kestrel takes in what is still on its way for some seconds, so that the sender gets to read it.</summary>
    private static JsonHttpResult<StatusBody> Refuse(int statusCode, string message) =>
        Answer(statusCode, new StatusBody(0, ClassicStatus.Unknown, message));

    private static JsonHttpResult<StatusBody> Answer(int statusCode, StatusBody body) =>
        TypedResults.Json(body, ContractsJson.Default.StatusBody, statusCode: statusCode);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Job {JobId} could not be terminated")]
        public static partial void NotTerminated(ILogger logger, int jobId, Exception exception);
    }
}
