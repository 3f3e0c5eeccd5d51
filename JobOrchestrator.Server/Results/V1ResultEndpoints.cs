using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Access;
using JobOrchestrator.Server.Api;
using JobOrchestrator.Server.Jobs;
using JobOrchestrator.Server.Telemetry;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace JobOrchestrator.Server.Results;

/// <summary><c>/api/v1/jobs/{id}/result</c> and <c>/files</c>: what a job left.</summary>
internal static class V1ResultEndpoints
{
    private static readonly ProblemKind[] Missing = [ProblemKind.NotReady, ProblemKind.NoResult, ProblemKind.FilesRemoved];

    public static void MapV1Results(this RouteGroupBuilder group)
    {
        group.MapMethods("/result", ["GET", "HEAD"], GetResultAsync).WithName("getResult")
            .WithSummary("The job's files as a ZIP, once it has ended in any way that left some. Ranges and ETags work.")
            .Produces<Stream>(200, "application/zip").Produces<Stream>(206, "application/zip").Produces(304).Fails(Missing).ForOwnJob(Role.Read);
        group.MapGet("/files", ListFilesAsync).WithName("listFiles")
            .WithSummary("The files of the result; while the job is on a client node, those of its working directory as it is now.")
            .Fails([.. Missing, ProblemKind.NotSupported, ProblemKind.ClientFailed]).ForOwnJob(Role.Read);
        group.MapMethods("/files/{**path}", ["GET", "HEAD"], GetFileAsync).WithName("getFile")
            .WithSummary("One file of the result, or of the working directory as it is now.")
            .Produces<Stream>(200, "application/octet-stream").Produces(304)
            .Fails([.. Missing, ProblemKind.FileNotFound, ProblemKind.NotSupported, ProblemKind.ClientFailed]).ForOwnJob(Role.Read);
    }

    private static async Task<PhysicalFileHttpResult> GetResultAsync(
        int id, HttpContext context, JobStore store, JobFiles files, CancellationToken cancellationToken)
    {
        var job = await store.GetAsync(id, cancellationToken);
        ServerTrace.FollowDownload(context, job);
        return TypedResults.PhysicalFile(
            files.FindResult(job), "application/zip", $"job-{job.Id}.zip", lastModified: job.EndedAt, ResultTag(job), enableRangeProcessing: true);
    }

    private static async Task<Ok<FileList>> ListFilesAsync(
        int id, JobStore store, JobFiles files, WorkingFiles working, CancellationToken cancellationToken)
    {
        var job = await store.GetAsync(id, cancellationToken);
        return TypedResults.Ok(await working.ListAsync(job, cancellationToken) ?? await ResultZip.ListAsync(files.FindResult(job), cancellationToken));
    }

    private static async Task GetFileAsync(
        int id, string path, HttpContext context, JobStore store, JobFiles files, WorkingFiles working, CancellationToken cancellationToken)
    {
        var job = await store.GetAsync(id, cancellationToken);
        if (await working.TrySendAsync(job, path, context, cancellationToken))
        {
            return;
        }

        await using var file = await ResultZip.OpenFileAsync(files.FindResult(job), path, cancellationToken)
            ?? throw new ApiException(ProblemKind.FileNotFound, $"The result of job {id} has no file '{path}'.");
        var tag = $"\"{job.Id}-{job.Attempt}-{file.Checksum:x8}\"";
        if (FileResponse.Begin(context, path, file.Length, file.ModifiedAt, tag))
        {
            await file.Content.CopyToAsync(context.Response.Body, cancellationToken);
        }
    }

    /// <summary>Path of the job's result.</summary>
    /// <exception cref="ApiException">There is none, or not yet, or not any more.</exception>
    private static string FindResult(this JobFiles files, Job job)
    {
        if (job.CleanedAt is { } cleanedAt)
        {
            throw new ApiException(ProblemKind.FilesRemoved, $"The files of job {job.Id} were removed at {cleanedAt:u}, when their time was over.");
        }

        if (!job.State.IsTerminal())
        {
            throw new ApiException(ProblemKind.NotReady, $"Job {job.Id} is {job.State.ToString().ToLowerInvariant()}; its result is there when it has ended.");
        }

        if (!job.HasResult)
        {
            throw new ApiException(ProblemKind.NoResult, $"Job {job.Id} left no files. {job.Message}".TrimEnd());
        }

        var path = files.ResultPath(job);
        if (files.IsInTrash(job.Id))
        {
            throw new ApiException(ProblemKind.FilesRemoved, $"The files of job {job.Id} are being removed: their time is over.");
        }

        return File.Exists(path) ? path : throw new FileNotFoundException("A result is missing on the server's disk.", path);
    }

    private static EntityTagHeaderValue ResultTag(Job job) => new($"\"{job.Id}-{job.Attempt}\"");
}
