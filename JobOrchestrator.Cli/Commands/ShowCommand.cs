using System.CommandLine;
using System.Globalization;
using JobOrchestrator.Cli.Output;
using JobOrchestrator.Cli.Server;
using JobOrchestrator.Contracts.V1;
using Spectre.Console;

namespace JobOrchestrator.Cli.Commands;

/// <summary><c>jobs show</c>.</summary>
internal static class ShowCommand
{
    public static Command Create(ConnectionOptions connection)
    {
        var id = JobArguments.Id();
        var command = new Command("show", "Show all that is known of a job\n  jobs show 42") { id };
        command.SetAction(async (result, cancellationToken) =>
        {
            using var api = connection.Connect(result);
            var job = await api.GetJobAsync(result.GetValue(id), cancellationToken);
            if (connection.IsJson(result))
            {
                Printer.Json(job, V1Json.Default.JobRecord);
                return;
            }

            Write(job);
        });
        return command;
    }

    private static void Write(JobRecord job)
    {
        var grid = new Grid().AddColumns(2);
        Add("job", $"{job.Id}{(job.Name is { } name ? $" ({name})" : "")}");
        grid.AddRow(new Text("state"), new Text(Printer.Word(job.State), Style.Parse(Printer.Colour(job.State))));
        Add("message", job.Message);
        Add("service", job.Service);
        Add("user", job.UserId.ToString(CultureInfo.InvariantCulture));
        Add("tags", string.Join(' ', job.Tags));
        Add("exit code", job.ExitCode?.ToString(CultureInfo.InvariantCulture));
        Add("signal", job.Signal?.ToString(CultureInfo.InvariantCulture));
        Add("limits", job.Limits is { } limits ? Words(limits) : null);
        Add("client", job.Client);
        Add("sandbox", job.SandboxTier);
        Add("queued", Printer.Time(job.QueuedAt));
        Add("started", Printer.Time(job.StartedAt));
        Add("ended", Printer.Time(job.EndedAt));
        Add("CPU time", job.Resources?.CpuSeconds is { } cpu ? Printer.Duration(TimeSpan.FromSeconds(cpu)) : null);
        Add("peak memory", job.Resources?.PeakMemoryBytes is { } peak ? Printer.Bytes(peak) : null);
        Add("trace", job.TraceId);
        Add("result", job.HasResult ? $"jobs download {job.Id}" : job.CleanedAt is { } cleaned ? $"removed {Printer.Time(cleaned)}" : null);
        Printer.Out.Write(grid);
        if (job.Attempts is { Count: > 0 } attempts)
        {
            var table = new Table { Border = TableBorder.Simple }.AddColumns("attempt", "client", "claimed", "ended", "message");
            foreach (var attempt in attempts)
            {
                table.AddRow(
                    new Text(attempt.Number.ToString(CultureInfo.InvariantCulture)), new Text(attempt.Client), new Text(Printer.Time(attempt.ClaimedAt)),
                    new Text(Printer.Time(attempt.EndedAt)), new Text(attempt.Message));
            }

            Printer.Out.Write(table);
        }

        static string Words(JobLimits limits) => string.Join(", ", new (string What, string? Value)[]
        {
            ("time", limits.TimeoutSeconds is { } time ? Printer.Duration(TimeSpan.FromSeconds(time)) : null),
            ("attempts", Number(limits.MaxAttempts)),
            ("cores", Number(limits.Cpus)),
            ("CPU time", limits.CpuTimeSeconds is { } cpu ? Printer.Duration(TimeSpan.FromSeconds(cpu)) : null),
            ("memory", Size(limits.MemoryBytes)),
            ("processes", Number(limits.Processes)),
            ("open files", Number(limits.OpenFiles)),
            ("file size", Size(limits.FileSizeBytes)),
            ("disk", Size(limits.DiskBytes)),
            ("entries", Number(limits.DiskEntries)),
            ("output", Size(limits.OutputBytes)),
        }
        .Where(l => l.Value is not null).Select(l => $"{l.What} {l.Value}"));

        static string? Size(long? bytes) => bytes is { } size ? Printer.Bytes(size) : null;

        static string? Number(double? value) => value?.ToString(CultureInfo.InvariantCulture);

        void Add(string what, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                grid.AddRow(new Text(what, new Style(Color.Grey)), new Text(value));
            }
        }
    }
}
