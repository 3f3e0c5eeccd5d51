using System.CommandLine;
using System.Globalization;
using JobOrchestrator.Cli.Output;
using JobOrchestrator.Cli.Server;
using JobOrchestrator.Contracts.V1;

namespace JobOrchestrator.Cli.Commands;

/// <summary><c>jobs list</c>.</summary>
internal static class ListCommand
{
    private const int PageSize = 100;

    public static Command Create(ConnectionOptions connection)
    {
        var state = JobArguments.State();
        var service = JobArguments.Service("Only jobs of this service");
        var user = JobArguments.User("Only this user's jobs");
        var tag = new Option<string?>("--tag") { Description = "Only jobs with this tag", HelpName = "WORD" };
        var since = JobArguments.Time("--since", "Only jobs submitted at this time or later");
        var until = JobArguments.Time("--until", "Only jobs submitted before this time");
        var limit = new Option<int>("--limit") { Description = "How many", DefaultValueFactory = _ => 20, HelpName = "N" };
        var command = new Command("list", "List jobs, newest first\n  jobs list --state running queued --user 7\n  jobs list --state failed --since 2h\n  jobs list --since 2026-01-31 --until \"2026-02-01 12:00\"")
        {
            state, service, user, tag, since, until, limit,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            using var api = connection.Connect(result);
            var jobs = new List<JobRecord>();
            string? cursor = null;
            do
            {
                var page = await api.ListJobsAsync(
                    JobArguments.Query(
                        ("state", result.GetValue(state) is { Length: > 0 } states ? string.Join(',', states) : null),
                        ("service", result.GetValue(service)),
                        ("user_id", result.GetValue(user)?.ToString(CultureInfo.InvariantCulture)),
                        ("tag", result.GetValue(tag)),
                        ("created_after", JobArguments.ToParameter(result.GetValue(since))),
                        ("created_before", JobArguments.ToParameter(result.GetValue(until))),
                        ("limit", Math.Clamp(result.GetValue(limit) - jobs.Count, 1, PageSize).ToString(CultureInfo.InvariantCulture)),
                        ("cursor", cursor)),
                    cancellationToken);
                jobs.AddRange(page.Jobs);
                cursor = page.NextCursor;
            }
            while (cursor is not null && jobs.Count < result.GetValue(limit));

            if (connection.IsJson(result))
            {
                Printer.Json(new JobPage { Jobs = jobs, NextCursor = cursor }, V1Json.Default.JobPage);
            }
            else if (jobs.Count == 0)
            {
                Printer.Note("No jobs.");
            }
            else
            {
                Printer.Out.Write(JobTable.Create(jobs, TimeProvider.System.GetUtcNow()));
                if (cursor is not null)
                {
                    Printer.Note("There are more: --limit N.");
                }
            }
        });
        return command;
    }
}
