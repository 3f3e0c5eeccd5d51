using System.CommandLine;
using JobOrchestrator.Cli.Commands;
using JobOrchestrator.Cli.Output;
using JobOrchestrator.Cli.Server;

namespace JobOrchestrator.Cli;

/// <summary>The <c>jobs</c> program: a table of its commands, and what happens to errors.</summary>
internal static class JobsProgram
{
    /// <summary>Runs one command; returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var connection = new ConnectionOptions();
        var root = new RootCommand(
            $"""
            Submit jobs to a JobOrchestrator server, watch them, fetch their results.
              jobs login --server https://jobs.example.org
              jobs submit run.sh data.pdb --service docking --follow
            bash and zsh have a builtin of this name: eval "$(env jobs completion bash)" once, in ~/.bashrc, or type: env jobs …
            {ExitCodes.Explained}
            """)
        {
            SubmitCommand.Create(connection),
            ListCommand.Create(connection),
            ShowCommand.Create(connection),
            WatchCommand.Create(connection),
            LogsCommand.Create(connection),
            CancelCommand.Create(connection),
            ResubmitCommand.Create(connection),
            DownloadCommand.Create(connection),
            ExplainCommand.Create(connection),
            ServicesCommand.Create(connection),
            ClientsCommand.Create(connection),
            DrainCommand.Create(connection, drain: true),
            DrainCommand.Create(connection, drain: false),
            ValidateCommand.Create(connection),
            LoginCommand.Create(connection),
            CompletionCommand.Create(),
        };
        connection.AddTo(root);
        var result = root.Parse(args);
        if (result.Errors.Count > 0)
        {
            foreach (var error in result.Errors)
            {
                Printer.Complain(error.Message);
            }

            Printer.Complain($"'{string.Join(' ', ["jobs", .. CommandPath(result)])} --help' shows how it is used.");
            return ExitCodes.Usage;
        }

        try
        {
            return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (CliException e)
        {
            Printer.Complain(e.Message);
            return e.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Interrupted;
        }
    }

    private static IEnumerable<string> CommandPath(ParseResult result)
    {
        var names = new Stack<string>();
        for (var command = result.CommandResult; command.Parent is System.CommandLine.Parsing.CommandResult parent; command = parent)
        {
            names.Push(command.Command.Name);
        }

        return names;
    }
}
