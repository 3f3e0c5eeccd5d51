using Spectre.Console;

namespace JobOrchestrator.Cli.Output;

/// <summary>Shows how far an upload or a download is: a bar on a terminal, nothing where nobody looks.</summary>
internal static class Transfer
{
    /// <summary>Runs the transfer; it reports bytes done so far, and the total once known.</summary>
    public static async Task<T> ShowAsync<T>(string what, bool show, Func<Action<long, long?>, Task<T>> transfer)
    {
        if (!show || Console.IsErrorRedirected)
        {
            return await transfer((_, _) => { });
        }

        return await Printer.Error.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask(Markup.Escape(what));
                task.IsIndeterminate = true;
                var result = await transfer((done, total) =>
                {
                    if (total is { } all)
                    {
                        task.IsIndeterminate = false;
                        task.MaxValue = Math.Max(1, all);
                    }

                    task.Value = done;
                });
                task.IsIndeterminate = false;
                task.Value = task.MaxValue;
                return result;
            });
    }
}
