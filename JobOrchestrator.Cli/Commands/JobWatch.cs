using JobOrchestrator.Cli.Output;
using JobOrchestrator.Cli.Server;
using JobOrchestrator.Contracts.V1;
using Spectre.Console;

namespace JobOrchestrator.Cli.Commands;

/// <summary>Waits for a job's end, with or without its output. A connection that breaks is taken up again where it broke.</summary>
internal sealed class JobWatch(JobsApi api, int id)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>The job once it has ended.</summary>
    public async Task<JobRecord> EndAsync(bool show, CancellationToken cancellationToken)
    {
        if (!show || Console.IsErrorRedirected)
        {
            return await PollAsync(_ => { }, cancellationToken);
        }

        return await Printer.Error.Status().StartAsync(
            $"Job {id}", context => PollAsync(job => context.Status = Markup.Escape($"Job {id} is {Printer.Word(job.State)} {job.Message}"), cancellationToken));
    }

    /// <summary>Copies stdout to stdout and stderr to stderr until the job has ended, and returns it.</summary>
    public async Task<JobRecord> FollowAsync(bool withStdout, CancellationToken cancellationToken)
    {
        using var stdout = withStdout ? Console.OpenStandardOutput() : Console.OpenStandardError();
        using var stderr = Console.OpenStandardError();
        await Task.WhenAll(
            CopyLogAsync("stdout", 0, follow: true, stdout, cancellationToken),
            CopyLogAsync("stderr", 0, follow: true, stderr, cancellationToken));
        return await PollAsync(_ => { }, cancellationToken);
    }

    /// <summary>Copies one stream of output, from a byte on.</summary>
    public async Task CopyLogAsync(string stream, long from, bool follow, Stream target, CancellationToken cancellationToken)
    {
        await UnbrokenAsync(
            async () =>
            {
                using var answer = await api.OpenLogAsync(id, stream, from, follow, cancellationToken);
                await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
                var buffer = new byte[1 << 14];
                int read;
                while ((read = await body.ReadAsync(buffer, cancellationToken)) > 0)
                {
                    await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                    await target.FlushAsync(cancellationToken);
                    from += read;
                }

                return true;
            },
            retry: follow, cancellationToken);
    }

    /// <summary>Downloads the result to a file; what an earlier, broken download left beside it is continued when the result is still the same.</summary>
    public async Task<long> DownloadAsync(string path, Action<long, long?> report, CancellationToken cancellationToken)
    {
        var (part, tagFile) = (path + ".part", path + ".part.etag");
        var size = await UnbrokenAsync(
            async () =>
            {
                var have = File.Exists(part) && File.Exists(tagFile) ? new FileInfo(part).Length : 0;
                using var answer = await api.OpenResultAsync(id, have, have > 0 ? await File.ReadAllTextAsync(tagFile, cancellationToken) : null, cancellationToken);
                var continues = answer.StatusCode == System.Net.HttpStatusCode.PartialContent && answer.Content.Headers.ContentRange?.From == have;
                await File.WriteAllTextAsync(tagFile, answer.Headers.ETag?.ToString() ?? "", cancellationToken);
                await using var file = new FileStream(part, continues ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.None);
                var done = continues ? have : 0;
                var total = done + answer.Content.Headers.ContentLength;
                report(done, total);
                await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
                var buffer = new byte[1 << 17];
                int read;
                while ((read = await body.ReadAsync(buffer, cancellationToken)) > 0)
                {
                    await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                    report(done += read, total);
                }

                return total is null || done == total ? done : throw new IOException($"{done} of {total} bytes came");
            },
            retry: true, cancellationToken);
        File.Move(part, path, overwrite: true);
        File.Delete(tagFile);
        return size;
    }

    private async Task<JobRecord> PollAsync(Action<JobRecord> show, CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        while (true)
        {
            var job = await UnbrokenAsync(() => api.GetJobAsync(id, cancellationToken), retry: true, cancellationToken);
            show(job);
            if (job.State.IsEnd())
            {
                return job;
            }

            await Task.Delay(pause, TimeProvider.System, cancellationToken);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 3 / 2, LongestPause.Ticks));
        }
    }

    /// <summary>Repeats what failed for want of a connection, for some minutes: a server may be restarted while one waits.</summary>
    private static async Task<T> UnbrokenAsync<T>(Func<Task<T>> work, bool retry, CancellationToken cancellationToken)
    {
        var begun = TimeProvider.System.GetTimestamp();
        var pause = FirstPause;
        while (true)
        {
            try
            {
                return await work();
            }
            catch (Exception e) when (e is IOException or HttpRequestException or CliException { ExitCode: ExitCodes.Unavailable })
            {
                if (!retry || TimeProvider.System.GetElapsedTime(begun) > Patience)
                {
                    throw e as CliException ?? new CliException($"The connection broke: {e.Message}", ExitCodes.Unavailable);
                }
            }

            await Task.Delay(pause, TimeProvider.System, cancellationToken);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
        }
    }
}
