using System.CommandLine;
using System.Globalization;
using JobOrchestrator.Cli.Output;
using JobOrchestrator.Cli.Server;
using JobOrchestrator.Cli.Upload;
using JobOrchestrator.Contracts.V1;
using Spectre.Console;

namespace JobOrchestrator.Cli.Commands;

/// <summary><c>jobs submit</c>.</summary>
internal static class SubmitCommand
{
    public static Command Create(ConnectionOptions connection)
    {
        var files = new Argument<string[]>("FILES") { Description = "Files, directories and patterns; run.sh must be among them", Arity = ArgumentArity.OneOrMore };
        var service = JobArguments.Service("Kind of job; needed when the server has several");
        var user = JobArguments.User("Whose job it is; a key of one user implies it, and without keys it is 1");
        var name = new Option<string?>("--name", "-n") { Description = "What you call it", HelpName = "TEXT" };
        var priority = new Option<int?>("--priority") { Description = "Higher goes first among your jobs; 0 is normal", HelpName = "N" };
        var timeout = new Option<int?>("--timeout") { Description = "Wall-clock limit of the script in seconds", HelpName = "SECONDS" };
        var attempts = new Option<int?>("--max-attempts") { Description = "Dispatches before it fails for reasons that are not the script's", HelpName = "N" };
        (string Field, Option<string?> Option)[] limits =
        [
            ("cpus", Limit("--cpus", "N", "Processor cores at once, such as 2 or 0.5")),
            ("cpu_time", Limit("--cpu-time", "SECONDS", "CPU time of all processes together")),
            ("memory", Limit("--memory", "SIZE", "Memory limit, such as 512M or 2G")),
            ("processes", Limit("--processes", "N", "Processes at once")),
            ("open_files", Limit("--open-files", "N", "Open files of one process")),
            ("file_size", Limit("--file-size", "SIZE", "Length of one file")),
            ("disk", Limit("--disk", "SIZE", "What its directory may take on the disk")),
            ("disk_entries", Limit("--disk-entries", "N", "Files and directories in it")),
            ("output", Limit("--output-size", "SIZE", "How much of stdout, and of stderr, is kept")),
        ];
        var tags = new Option<string[]>("--tag") { Description = "A word to find it by; may be repeated", HelpName = "WORD" };
        var callback = new Option<string?>("--callback") { Description = "Address that is told of the end", HelpName = "URL" };
        var wait = new Option<bool>("--wait", "-w") { Description = "Wait for the end, and exit with the script's exit code" };
        var follow = new Option<bool>("--follow", "-f") { Description = "Show the script's output as it comes, then as --wait" };
        var command = new Command(
            "submit",
            """
            Submit a job
              jobs submit run.sh protein.pdb --service docking --follow
              jobs submit my-job/ --name "first try" --timeout 3600
              jobs submit run.sh --cpus 2 --memory 4G --disk 10G
              jobs submit run.sh 'inputs/*.pdb' --wait && jobs download 42
            A directory keeps its shape (it travels as one archive; symbolic links are left out); a single directory is the job's directory itself.
            """)
        {
            files, service, user, name, priority, timeout, attempts, tags, callback, wait, follow,
        };
        foreach (var (_, option) in limits)
        {
            command.Add(option);
        }

        command.SetAction(async (result, cancellationToken) =>
        {
            var input = JobInput.Find(result.GetValue(files)!);
            using var api = connection.Connect(result);
            var isJson = connection.IsJson(result);
            using var form = new MultipartFormDataContent();
            Add("service", result.GetValue(service) ?? await OnlyServiceAsync(api, cancellationToken));
            Add("user_id", result.GetValue(user)?.ToString(CultureInfo.InvariantCulture) ?? (api.HasKey ? null : "1"));
            Add("name", result.GetValue(name));
            Add("priority", result.GetValue(priority)?.ToString(CultureInfo.InvariantCulture));
            Add("timeout", result.GetValue(timeout)?.ToString(CultureInfo.InvariantCulture));
            Add("max_attempts", result.GetValue(attempts)?.ToString(CultureInfo.InvariantCulture));
            foreach (var (field, option) in limits)
            {
                Add(field, result.GetValue(option));
            }

            Add("tags", result.GetValue(tags) is { Length: > 0 } words ? string.Join(',', words) : null);
            Add("callback_url", result.GetValue(callback));
            input.AddTo(form);
            var job = await Transfer.ShowAsync(
                $"{input.Count} files, {Printer.Bytes(input.Bytes)}", !isJson,
                report => api.SubmitAsync(new CountedContent(form, report), Guid.NewGuid().ToString("N"), cancellationToken));
            if (!result.GetValue(wait) && !result.GetValue(follow))
            {
                Report(job, isJson);
                return ExitCodes.Success;
            }

            if (!isJson)
            {
                Printer.Note($"Job {job.Id} is {Printer.Word(job.State)}.");
            }

            var watch = new JobWatch(api, job.Id);
            job = result.GetValue(follow) ? await watch.FollowAsync(!isJson, cancellationToken) : await watch.EndAsync(show: !isJson, cancellationToken);
            Report(job, isJson);
            return ExitCodes.Of(job);

            void Add(string field, string? value)
            {
                if (value is not null)
                {
                    form.Add(new StringContent(value), field);
                }
            }
        });
        return command;
    }

    private static Option<string?> Limit(string name, string unit, string description) => new(name) { Description = description, HelpName = unit };

    private static void Report(JobRecord job, bool isJson)
    {
        if (isJson)
        {
            Printer.Json(job, V1Json.Default.JobRecord);
        }
        else if (job.State.IsEnd())
        {
            Printer.Error.MarkupLineInterpolated($"Job {job.Id} is [{Printer.Colour(job.State)}]{Printer.Word(job.State)}[/]. {job.Message}");
        }
        else
        {
            Console.WriteLine(job.Id.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static async Task<string> OnlyServiceAsync(JobsApi api, CancellationToken cancellationToken)
    {
        var services = (await api.ListServicesAsync(cancellationToken)).Services.Select(s => s.Name).ToArray();
        return services.Length == 1
            ? services[0]
            : throw new CliException(
                services.Length == 0 ? "The server has no services; its operator must configure one." : $"Say which service: --service {string.Join(" | ", services)}.",
                ExitCodes.Usage);
    }
}
