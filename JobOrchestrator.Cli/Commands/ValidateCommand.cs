using System.CommandLine;
using JobOrchestrator.Cli.Output;
using JobOrchestrator.Cli.Server;
using JobOrchestrator.Contracts.V1;
using Spectre.Console;

namespace JobOrchestrator.Cli.Commands;

/// <summary><c>jobs validate</c>.</summary>
internal static class ValidateCommand
{
    private const string Warning = "warning";
    private const string StandardInput = "-";

    public static Command Create(ConnectionOptions connection)
    {
        var script = new Argument<string>("FILE")
        {
            Description = "The script; - is standard input; a directory stands for the run.sh in it",
            DefaultValueFactory = _ => "run.sh",
        };
        var service = JobArguments.Service("Kind of job whose rules are asked about");
        var command = new Command(
            "validate",
            $"Ask whether a script would be refused, without running it; exits with {ExitCodes.Rejected} if so\n  jobs validate run.sh\n  jobs validate my-job/ --service docking")
        {
            script, service,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            var name = result.GetValue(script)!;
            using var api = connection.Connect(result);
            using var form = new MultipartFormDataContent { { new StreamContent(Open(name)), "file", "run.sh" } };
            if (result.GetValue(service) is { } kind)
            {
                form.Add(new StringContent(kind), "service");
            }

            var verdict = await api.ValidateAsync(form, cancellationToken);
            if (connection.IsJson(result))
            {
                Printer.Json(verdict, V1Json.Default.ScriptVerdict);
            }
            else
            {
                Write(name, verdict);
            }

            return verdict.Accepted ? ExitCodes.Success : ExitCodes.Rejected;
        });
        return command;
    }

    /// <exception cref="CliException">There is nothing to read.</exception>
    private static Stream Open(string name)
    {
        if (name == StandardInput)
        {
            return Console.OpenStandardInput();
        }

        var path = Directory.Exists(name) ? Path.Combine(name, "run.sh") : name;
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException($"There is no file '{path}'.", ExitCodes.Usage);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"'{path}' cannot be read: {e.Message}", ExitCodes.Usage);
        }
    }

    /// <summary>In the words of the client program's own <c>validate</c>, so that editors that know one know the other.</summary>
    private static void Write(string file, ScriptVerdict verdict)
    {
        foreach (var finding in verdict.Findings)
        {
            var isWarning = finding.Severity == Warning;
            var line = finding.Line > 0 ? $":{finding.Line}" : "";
            var reason = finding.Reason.Length > 0 ? $": {finding.Reason}" : "";
            Printer.Out.MarkupLineInterpolated(
                $"[{(isWarning ? "yellow" : "red")}]{(isWarning ? "warning: " : "")}{file}{line}[/]: {finding.Message} [grey]({finding.Rule})[/]{reason}");
        }

        Printer.Out.MarkupLineInterpolated($"{file}: [{(verdict.Accepted ? "green" : "red")}]{(verdict.Accepted ? "accepted" : "rejected")}[/]");
    }
}
