using System.Globalization;
using JobOrchestrator.Contracts.V1;
using Spectre.Console;

namespace JobOrchestrator.Cli.Output;

/// <summary>Jobs as rows.</summary>
internal static class JobTable
{
    public static Table Create(IEnumerable<JobRecord> jobs, DateTimeOffset now)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("id", "state", "name", "service", "user", "queued", "ran", "client", "message");
        foreach (var job in jobs)
        {
            table.AddRow(
                new Text(job.Id.ToString(CultureInfo.InvariantCulture)),
                new Text(Printer.Word(job.State), Style.Parse(Printer.Colour(job.State))),
                new Text(job.Name ?? ""),
                new Text(job.Service),
                new Text(job.UserId.ToString(CultureInfo.InvariantCulture)),
                new Text(Printer.Time(job.QueuedAt)),
                new Text(job.StartedAt is { } started ? Printer.Duration((job.EndedAt ?? now) - started) : ""),
                new Text(job.Client is { } client ? new Uri(client).Authority : ""),
                new Text(job.Message) { Overflow = Overflow.Ellipsis });
        }

        return table;
    }
}
