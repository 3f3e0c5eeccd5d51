using System.CommandLine;
using JobOrchestrator.Benchmarks;
using JobOrchestrator.Benchmarks.Driver;
using JobOrchestrator.Benchmarks.Modes;

var url = new Option<Uri?>("--url")
{
    Description = "Drive the running program at this address (its service must be called 'example') instead of starting one",
    CustomParser = given =>
    {
        if (Uri.TryCreate(given.Tokens[0].Value, UriKind.Absolute, out var address) && address.Scheme is ("http" or "https"))
        {
            return address;
        }

        given.AddError($"'{given.Tokens[0].Value}' is no address; it looks like http://127.0.0.1:5000/");
        return null;
    },
};
var rounds = new Option<int>("--rounds") { Description = "Rounds of each measurement; baselines run in between", DefaultValueFactory = _ => 3 };
var asBuilt = new Option<bool>("--as-built") { Description = "Start the programs as they were built with the benchmark, instead of publishing them first" };
var published = new Option<DirectoryInfo?>("--published") { Description = "Start the programs published in this directory, each in a folder of its name, instead of publishing them first" };
var output = new Option<FileInfo?>("--output") { Description = "Also write the report to this file, as a page" };
var root = new RootCommand("Measures JobOrchestrator as its users meet it: real processes, driven over HTTP.");
foreach (var (name, description, modes) in new (string, string, Mode[])[]
{
    ("latency", "a trivial job on an idle system: upload sent until its ZIP can be fetched", [Latency.MeasureAsync]),
    ("throughput", "500 trivial jobs of 50 users over 8 connections, against xargs -P2", [Throughput.MeasureAsync]),
    ("idle", "500 running jobs, nothing happening: CPU time over 20 s", [Idle.MeasureAsync]),
    ("backlog", "submit latency while 2,000 jobs wait", [Backlog.MeasureAsync]),
    ("start-up", "from process start until healthy, with and without a million ended jobs", [StartUp.MeasureAsync]),
    ("guard", "the ratios to the physical limit, quickly; fails when one falls under its floor",
        [Throughput.MeasureAsync, Cost.MeasureAsync, Transfer.MeasureAsync]),
    ("cost", "CPU time per trivial job, part by part", [Cost.MeasureAsync]),
    ("transfer", "300 MiB up, through a job and down again, with the memory it takes", [Transfer.MeasureAsync]),
    ("micro", "the hot pure parts, by BenchmarkDotNet: scheduler, shell lexer and validator, state machine, multipart reader", [MicroBenchmarks.MeasureAsync]),
    ("plans", "how a plan grows with waiting jobs, nodes and users", [Growth.PlansAsync]),
    ("scheduler", "a plan for 100 users with 1,000 waiting jobs each on 100 client nodes", [SchedulerPlan.MeasureAsync]),
    ("logs", "output of a running job: how late a line is, and what 200 followers cost", [Logs.MeasureAsync]),
    ("telemetry", "throughput with OTLP to a collector that answers, to one that does not, and without", [Telemetry.MeasureAsync]),
    ("list", "pages of a list of 10,000 jobs", [JobList.MeasureAsync]),
    ("history", "submit latency and start-up with a million ended jobs in the database", [History.MeasureAsync]),
    ("growth", "how submit latency, a job and a plan grow with ended and waiting jobs, nodes and users", [Growth.MeasureAsync]),
    ("nodes", "how submit latency, a job, an idle server and its memory grow with client nodes: 1 to 1,000, simulated", [Nodes.NodesAsync]),
    ("users", "the same with 1 to 1,000 users of one simulated client node", [Nodes.UsersAsync]),
    ("validator", "the verdict on a typical script, and on 20 MiB of several shapes", [Validation.MeasureAsync]),
    ("sandbox", "what each tier adds to a bare bash run.sh, and its launcher's memory", [SandboxCost.MeasureAsync]),
    ("all", "all of these",
    [
        Latency.MeasureAsync, Throughput.MeasureAsync, Cost.MeasureAsync, Transfer.MeasureAsync, Idle.MeasureAsync, Backlog.MeasureAsync,
        StartUp.MeasureAsync, SchedulerPlan.MeasureAsync, Logs.MeasureAsync, Telemetry.MeasureAsync, JobList.MeasureAsync, History.MeasureAsync, Growth.MeasureAsync,
        Nodes.NodesAsync, Nodes.UsersAsync, Validation.MeasureAsync, SandboxCost.MeasureAsync, MicroBenchmarks.MeasureAsync,
    ]),
})
{
    var command = new Command(name, "Measures " + description + ".") { url, rounds, asBuilt, published, output };
    command.SetAction(async (parsed, cancellation) =>
    {
        var report = new Report();
        var address = parsed.GetValue(url);
        var programs = parsed.GetValue(published) is { } directory ? Programs.In(directory)
            : address is not null || parsed.GetValue(asBuilt) ? Programs.AsBuilt
            : await Programs.PublishAsync(cancellation);
        foreach (var mode in modes)
        {
            await mode(new RunContext(address, programs, parsed.GetValue(rounds), report, cancellation));
        }

        Console.WriteLine(report.ToMarkdown());
        if (parsed.GetValue(output) is { } file)
        {
            await File.WriteAllTextAsync(file.FullName, report.ToPage(), cancellation);
        }

        foreach (var broken in name == "guard" ? report.Broken() : [])
        {
            Console.Error.WriteLine(broken);
        }

        return name == "guard" && report.Broken().Count > 0 ? 1 : 0;
    });
    root.Add(command);
}

return await root.Parse(args).InvokeAsync();
