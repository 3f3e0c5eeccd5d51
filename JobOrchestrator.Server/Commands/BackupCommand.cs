using System.CommandLine;
using System.Globalization;
using JobOrchestrator.Server.Backup;
using JobOrchestrator.Server.Telemetry;

namespace JobOrchestrator.Server.Commands;

/// <summary><c>backup</c>: a copy of database and files, while the server works.</summary>
internal static class BackupCommand
{
    private const int DefaultKeepDays = 30;

    public static Command Create()
    {
        var to = new Option<DirectoryInfo>("--to") { Description = "Where backups are kept; another disk than the data's", Required = true, HelpName = "DIR" };
        var keepDays = new Option<int>("--keep-days")
        {
            Description = "Snapshots older than this go; the newest always stays",
            HelpName = "N",
            DefaultValueFactory = _ => DefaultKeepDays,
        };
        keepDays.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 0)
            {
                result.AddError("--keep-days must not be negative.");
            }
        });
        var command = new Command("backup",
            """
            Copy the database and the files of all jobs to DIR. The server may be running. Each run makes one snapshot to which 'restore' can go back;
            files that an earlier run has copied are not copied again. Everything is read back and compared; 'sha256sum -c' can do it again. A run that was
            cut off is simply repeated. Example: backup --to /mnt/backup/jobs --keep-days 14
            """)
        {
            to, keepDays,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            var options = ServerCommands.Options();
            var run = new BackupRun(options, new BackupDirectory(result.GetValue(to)!.FullName), TimeProvider.System);
            var report = await run.RunAsync(TimeSpan.FromDays(result.GetValue(keepDays)), cancellationToken);
            if (report.Manifest.Problems.Count == 0)
            {
                BackupMark.Write(options, TimeProvider.System.GetUtcNow());
            }

            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"""
                Snapshot {report.Snapshot.Name}: {report.Manifest.Jobs} jobs, {report.Manifest.LiveJobs} of them live, {report.Manifest.Files} files, {report.Manifest.Bytes} bytes.
                Copied and compared: {report.Copied.Files} files, {report.Copied.Bytes} bytes; unchanged: {report.Unchanged}; old snapshots removed: {report.Removed}.
                Check it with: (cd '{result.GetValue(to)!.FullName}' && sha256sum --quiet -c 'snapshots/{report.Snapshot.Name}/{BackupDirectory.SumsName}')
                """));
            foreach (var problem in report.Manifest.Problems)
            {
                await Console.Error.WriteLineAsync(problem);
            }

            return report.Manifest.Problems.Count == 0 ? 0 : 1;
        });
        return command;
    }
}
