using System.CommandLine;
using JobOrchestrator.Benchmarks;
using JobOrchestrator.Benchmarks.Modes;

var url = new Option<Uri?>("--url") { Description = "Drive the running program at this address (its service must be called 'example') instead of starting one" };
var rounds = new Option<int>("--rounds") { Description = "Rounds of each measurement; baselines run in between", DefaultValueFactory = _ => 3 };
var output = new Option<FileInfo?>("--output") { Description = "Also write the report to this file, as a page" };
var root = new RootCommand("Measures JobOrchestrator as its users meet it: real processes, driven over HTTP.");
foreach (var (name, description, modes) in new (string, string, Mode[])[]
{
    ("latency", "a trivial job on an idle system: upload sent until its ZIP can be fetched", [Latency.MeasureAsync]),
    ("throughput", "500 trivial jobs of 50 users over 8 connections, against xargs -P2", [Throughput.MeasureAsync]),
    ("transfer", "300 MiB up, through a job and down again, with the memory it takes", [Transfer.MeasureAsync]),
    ("scheduler", "a plan for 100 users with 1,000 waiting jobs each on 100 client nodes", [SchedulerPlan.MeasureAsync]),
    ("history", "submit latency and start-up with a million ended jobs in the database", [History.MeasureAsync]),
    ("all", "all of these", [Latency.MeasureAsync, Throughput.MeasureAsync, Transfer.MeasureAsync, SchedulerPlan.MeasureAsync, History.MeasureAsync]),
})
{
    var command = new Command(name, "Measures " + description + ".") { url, rounds, output };
    command.SetAction(async (parsed, cancellation) =>
    {
        var report = new Report();
        foreach (var mode in modes)
        {
            await mode(new RunContext(parsed.GetValue(url), parsed.GetValue(rounds), report, cancellation));
        }

        Console.WriteLine(report.ToMarkdown());
        if (parsed.GetValue(output) is { } file)
        {
            await File.WriteAllTextAsync(file.FullName, report.ToPage(), cancellation);
        }
    });
    root.Add(command);
}

return await root.Parse(args).InvokeAsync();
