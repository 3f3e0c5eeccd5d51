using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Api;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Server.Jobs;

namespace JobOrchestrator.Server.Results;

/// <summary>The files of a job that is on a client node, as they are there now.</summary>
internal sealed class WorkingFiles(ClientRegistry registry)
{
    /// <summary>Null when the job has ended or is not on a node yet.</summary>
    /// <exception cref="ApiException">The node cannot tell.</exception>
    public async Task<FileList?> ListAsync(Job job, CancellationToken cancellationToken)
    {
        if (Find(job) is not { } place)
        {
            return null;
        }

        var list = await GuardAsync(() => place.Node.Protocol.ListFilesAsync(place.Execution, cancellationToken));
        return list is null ? null : new FileList { Final = false, Files = list.Files, Truncated = list.Truncated };
    }

    /// <summary>False when the job has ended or is not on a node yet.</summary>
    /// <exception cref="ApiException">There is no such file now, or the node cannot be asked.</exception>
    public async Task<bool> TrySendAsync(Job job, string path, HttpContext context, CancellationToken cancellationToken)
    {
        if (Find(job) is not { } place)
        {
            return false;
        }

        try
        {
            return await GuardAsync(() => place.Node.Protocol.CopyFileAsync(
                place.Execution, path,
                length => FileResponse.Begin(context, path, length) ? context.Response.Body : Stream.Null,
                cancellationToken))
                ? true
                : throw new ApiException(ProblemKind.FileNotFound, $"Job {job.Id} has no file '{path}' now.");
        }
        catch (ApiException) when (context.Response.HasStarted)
        {
            context.Abort(); // the reader must see that the file is cut short
            return true;
        }
    }

    private (ClientNode Node, ExecutionRef Execution)? Find(Job job)
    {
        if (!JobStateTable.Active.Contains(job.State) || job.State == JobState.Processing || registry.Find(job.Client) is not { } node)
        {
            return null;
        }

        return node.IsClassic
            ? throw new ApiException(ProblemKind.NotSupported,
                $"Client node {node.Address} speaks the classic protocol only and shows no single files before the end.")
            : (node, ExecutionRef.Of(job));
    }

    private static async Task<T> GuardAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (ClientException e)
        {
            throw new ApiException(ProblemKind.ClientFailed, e.Message);
        }
    }
}
