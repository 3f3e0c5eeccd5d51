using System.Diagnostics;
using JobOrchestrator.Contracts.Files;
using JobOrchestrator.Server.Access;
using JobOrchestrator.Server.Data;
using JobOrchestrator.Server.Scheduling;
using JobOrchestrator.Server.Telemetry;

namespace JobOrchestrator.Server.Jobs;

/// <summary>
/// Takes in an upload. When it returns, the job is acknowledged: its files and directory entries are fsynced, its row is committed. When it
/// throws, nothing is left of it but what <see cref="UploadRecovery"/> removes at the next start (only after a crash).
/// </summary>
internal sealed partial class UploadReceiver(
    JobStore store, JobFiles files, UnstoredUploads unstored, FreeSpace space, JobQueue queue, ServiceCatalog catalog, Dispatcher dispatcher, ServerMetrics metrics,
    UploadLimits limits, ILogger<UploadReceiver> logger)
{
    /// <summary>Reads the request's body. A repetition of an upload (by its <c>Idempotency-Key</c>) gives the job of the first one.</summary>
    /// <exception cref="UploadException">The upload is refused, with the answer for its sender.</exception>
    /// <exception cref="MultipartException">The body is not readable as multipart.</exception>
    public async Task<Job> ReceiveAsync(HttpRequest request, UploadSurface surface, CancellationToken cancellationToken)
    {
        var caller = request.HttpContext.GetCaller();
        var idempotencyKey = Idempotency.KeyOf(request.Headers);
        var digest = idempotencyKey is null ? null : new UploadDigest();
        var trace = Activity.Current?.Id;
        using var span = ServerTrace.StartUpload();
        var parts = MultipartParts.Open(request);
        var key = Guid.CreateVersion7().ToString("N");
        var acknowledged = false;
        space.ThrowIfShort(request.ContentLength);
        try
        {
            var directory = files.CreateStaging(key);
            var form = new UploadForm(catalog, caller, surface, digest, limits);
            var upload = await form.ReadAsync(parts, directory, cancellationToken);
            var idempotency = digest is null ? null : new Idempotency(caller.Name, idempotencyKey!, digest.Finish());
            if (idempotency is not null && await store.FindByIdempotencyKeyAsync(idempotency.Key, cancellationToken) is { } earlier)
            {
                // Before a place in the queue is asked for: a repetition takes none, and must not be refused for want of one.
                return Repeated(idempotency, earlier);
            }

            files.FlushStaging(key);
            FaultPoints.Reached(FaultPoints.UploadStaged);
            var job = await EnqueueAsync(upload, key, trace ?? span?.Id, idempotency);
            if (job.StagingKey != key)
            {
                queue.CancelReservation(upload.Service.Name, upload.UserId);
                return Repeated(idempotency!, job);
            }

            acknowledged = true;
            FaultPoints.Reached(FaultPoints.UploadCommitted);
            span.SetJob(job.Id, job.Service);
            await AdmitAsync(job, key, form.Bytes);
            return job;
        }
        catch (Exception e) when (DatabaseFault.IsFullDisk(e))
        {
            Log.DiskFull(logger, e.Message);
            throw FreeSpace.Full(e);
        }
        finally
        {
            if (!acknowledged)
            {
                files.DeleteStaging(key);
            }
        }
    }

    /// <summary>Makes the files of a job on record another job, which asks for the same.</summary>
    /// <exception cref="UploadException">It is refused, with the answer for its sender.</exception>
    /// <exception cref="DirectoryNotFoundException">The files are gone.</exception>
    public async Task<Job> ResubmitAsync(Job original, CancellationToken cancellationToken)
    {
        var service = catalog.Services.GetValueOrDefault(original.Service)
            ?? throw new UploadException(StatusCodes.Status400BadRequest, $"Service '{original.Service}' is no longer configured");
        var key = Guid.CreateVersion7().ToString("N");
        var acknowledged = false;
        space.ThrowIfShort(files.Measure(original.Id));
        try
        {
            var bytes = await files.CopyInputAsync(original.Id, key, cancellationToken);
            var upload = new Upload(original.UserId, service, JobRequest.Of(original)) { ResubmitOf = original.Id };
            var job = await EnqueueAsync(upload, key, Activity.Current?.Id, idempotency: null);
            acknowledged = true;
            await AdmitAsync(job, key, bytes);
            return job;
        }
        catch (Exception e) when (DatabaseFault.IsFullDisk(e))
        {
            Log.DiskFull(logger, e.Message);
            throw FreeSpace.Full(e);
        }
        finally
        {
            if (!acknowledged)
            {
                files.DeleteStaging(key);
            }
        }
    }

    private async Task AdmitAsync(Job job, string key, long bytes)
    {
        using var scope = logger.BeginJobScope(job);
        await PublishAsync(job, key);
        FaultPoints.Reached(FaultPoints.UploadPublished);
        metrics.Submitted(job.Service, bytes);
        store.Admit(job, reserved: true);
        dispatcher.Wake();
        Log.Received(logger, job.Id, job.Service);
    }

    /// <summary>A row whose files cannot be put in their place must not wait for ever: its sender gets an error, and so it ends.</summary>
    private async Task PublishAsync(Job job, string key)
    {
        try
        {
            files.Publish(key, job.Id);
        }
        catch
        {
            queue.CancelReservation(job.Service, job.UserId);
            await unstored.EndAsync(job);
            throw;
        }
    }

    private Job Repeated(Idempotency idempotency, Job earlier)
    {
        idempotency.ThrowIfOther(earlier);
        using var scope = logger.BeginJobScope(earlier);
        Log.Repeated(logger, earlier.Id);
        return earlier;
    }

    private async Task<Job> EnqueueAsync(Upload upload, string key, string? traceParent, Idempotency? idempotency)
    {
        var (userId, service, asked) = (upload.UserId, upload.Service, upload.Request);
        if (!queue.TryReserve(service.Name, userId, service.QueuedPerUser))
        {
            throw new UploadException(
                StatusCodes.Status429TooManyRequests,
                $"User {userId} has {service.QueuedPerUser} jobs waiting in service '{service.Name}', which is the limit; wait until some have started");
        }

        try
        {
            return await store.EnqueueAsync(new NewJob(userId, service.Name, asked.Priority, key, traceParent)
            {
                Idempotency = idempotency,
                Request = asked,
                ResubmitOf = upload.ResubmitOf,
            });
        }
        catch
        {
            queue.CancelReservation(service.Name, userId);
            throw;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "An upload repeats that of job {JobId}, which answers for it")]
        public static partial void Repeated(ILogger logger, int jobId);

        [LoggerMessage(LogLevel.Error, "An upload was refused, for the disk is full: {Reason}")]
        public static partial void DiskFull(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Information, "Job {JobId} ({Service}) is queued")]
        public static partial void Received(ILogger logger, int jobId, string service);
    }
}
