using System.CommandLine;
using System.IO.Compression;
using JobOrchestrator.Cli.Output;
using JobOrchestrator.Cli.Server;

namespace JobOrchestrator.Cli.Commands;

/// <summary><c>jobs download</c>.</summary>
internal static class DownloadCommand
{
    public static Command Create(ConnectionOptions connection)
    {
        var id = JobArguments.Id();
        var output = new Option<string?>("--output", "-o") { Description = "Where to [default: job-ID.zip, or the directory job-ID with --extract]", HelpName = "PATH" };
        var extract = new Option<bool>("--extract", "-x") { Description = "Unpack it into a new directory" };
        var wait = new Option<bool>("--wait", "-w") { Description = "Wait for the job's end first" };
        var command = new Command(
            "download", "Download a job's result; a download that was broken off goes on where it stopped\n  jobs download 42 --extract") { id, output, extract, wait };
        command.SetAction(async (result, cancellationToken) =>
        {
            using var api = connection.Connect(result);
            var job = result.GetValue(id);
            var watch = new JobWatch(api, job);
            if (result.GetValue(wait))
            {
                await watch.EndAsync(show: !connection.IsJson(result), cancellationToken);
            }

            var target = result.GetValue(output) ?? (result.GetValue(extract) ? $"job-{job}" : $"job-{job}.zip");
            var zip = result.GetValue(extract) ? target.TrimEnd('/') + ".zip" : target;
            if (result.GetValue(extract) && Path.Exists(target))
            {
                throw new CliException($"'{target}' is there already; remove it, or choose another place: --output PATH.");
            }

            var size = await Transfer.ShowAsync($"job {job}", !connection.IsJson(result), report => watch.DownloadAsync(zip, report, cancellationToken));
            if (result.GetValue(extract))
            {
                // Refuses entries that would land outside of the directory.
                await ZipFile.ExtractToDirectoryAsync(zip, target, cancellationToken);
                File.Delete(zip);
            }

            Printer.Note($"{target}, {Printer.Bytes(size)}");
        });
        return command;
    }
}
