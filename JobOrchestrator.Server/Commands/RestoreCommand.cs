using System.CommandLine;
using System.Globalization;
using JobOrchestrator.Server.Backup;

namespace JobOrchestrator.Server.Commands;

/// <summary><c>restore</c>: back to a snapshot.</summary>
internal static class RestoreCommand
{
    public static Command Create()
    {
        var from = new Option<DirectoryInfo>("--from") { Description = "Where 'backup' wrote to", Required = true, HelpName = "DIR" };
        var snapshot = new Option<string?>("--snapshot") { Description = "Which state to go back to [default: the latest]", HelpName = "NAME" };
        var yes = new Option<bool>("--yes") { Description = "Do it; without this it is only shown" };
        var command = new Command("restore",
            """
            Put a snapshot of DIR in the place of the database and the files of all jobs. The server must be stopped. What is there now is kept under
            another name, nothing is deleted. Without --yes nothing is changed, only shown. Example: restore --from /mnt/backup/jobs --yes
            """)
        {
            from, snapshot, yes,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            var options = ServerCommands.Options();
            var run = new RestoreRun(options, new BackupDirectory(result.GetValue(from)!.FullName), TimeProvider.System);
            var plan = await run.PlanAsync(result.GetValue(snapshot), cancellationToken);
            Console.WriteLine(Describe(plan, options));
            if (!result.GetValue(yes))
            {
                Console.WriteLine("Nothing was changed. Repeat with --yes to do it.");
                return 0;
            }

            await run.RunAsync(plan, cancellationToken);
            Console.WriteLine("Done. Start the server; jobs that were under way at the time of the backup are looked for on their client nodes, and run again if lost.");
            return 0;
        });
        return command;
    }

    private static string Describe(RestorePlan plan, ServerOptions options) => string.Join(Environment.NewLine,
    [
        string.Create(CultureInfo.InvariantCulture, $"Snapshot {plan.Snapshot.Name}, made by version {plan.Manifest.Version}: {plan.Manifest.Files} files, {plan.Manifest.Bytes} bytes."),
        plan.States.Count == 0 ? "It has no jobs." : $"Jobs: {string.Join(", ", plan.States.Select(s => $"{s.Value} {s.Key}"))}.",
        .. plan.Manifest.Problems.Select(problem => $"Known to be incomplete: {problem}"),
        $"The database goes to {options.DatabasePath}, the files to {Path.Combine(options.DataPath, "jobs")}.",
        .. plan.MovedAside.Select(move => $"What is at {move.From} now is kept as {move.To}."),
        string.Create(CultureInfo.InvariantCulture, $"Ids of new jobs leave out {RestoreRun.SkippedIds}, so that none is given that a later job had."),
    ]);
}
