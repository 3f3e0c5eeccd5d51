using System.CommandLine;
using System.Globalization;
using JobOrchestrator.Cli.Output;
using JobOrchestrator.Cli.Server;
using JobOrchestrator.Contracts.V1;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace JobOrchestrator.Cli.Commands;

/// <summary><c>jobs watch</c>: a table that keeps itself up to date.</summary>
internal static class WatchCommand
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    public static Command Create(ConnectionOptions connection)
    {
        var ids = new Argument<int[]>("IDS") { Description = "Jobs to watch until all have ended; without any, the newest ones until Ctrl+C", Arity = ArgumentArity.ZeroOrMore };
        var user = JobArguments.User("Only this user's jobs");
        var rows = new Option<int>("--rows") { Description = "How many of the newest jobs", DefaultValueFactory = _ => 15, HelpName = "N" };
        var command = new Command("watch", "Watch jobs in a live table\n  jobs watch\n  jobs watch 41 42 43") { ids, user, rows };
        command.SetAction(async (result, cancellationToken) =>
        {
            using var api = connection.Connect(result);
            var wanted = result.GetValue(ids)!;
            var query = JobArguments.Query(
                ("limit", result.GetValue(rows).ToString(CultureInfo.InvariantCulture)), ("user_id", result.GetValue(user)?.ToString(CultureInfo.InvariantCulture)));
            await Printer.Out.Live(new Text("…")).AutoClear(false).Overflow(VerticalOverflow.Ellipsis).StartAsync(async context =>
            {
                while (true)
                {
                    var jobs = wanted.Length > 0
                        ? await Task.WhenAll(wanted.Select(id => api.GetJobAsync(id, cancellationToken)))
                        : (await api.ListJobsAsync(query, cancellationToken)).Jobs;
                    context.UpdateTarget(Picture(jobs));
                    context.Refresh();
                    if (wanted.Length > 0 && jobs.All(j => j.State.IsEnd()))
                    {
                        return;
                    }

                    await Task.Delay(Period, TimeProvider.System, cancellationToken);
                }
            });
        });
        return command;
    }

    private static Rows Picture(IReadOnlyList<JobRecord> jobs)
    {
        var counts = jobs.GroupBy(j => j.State).OrderBy(g => g.Key).Select(g => $"[{Printer.Colour(g.Key)}]{g.Count()} {Printer.Word(g.Key)}[/]");
        IRenderable head = jobs.Count == 0 ? new Text("No jobs yet.") : new Markup(string.Join("  ", counts));
        return new Rows(head, JobTable.Create(jobs, TimeProvider.System.GetUtcNow()));
    }
}
