using System.CommandLine;
using JobOrchestrator.Cli.Server;

namespace JobOrchestrator.Cli.Commands;

/// <summary><c>jobs validate</c>.</summary>
internal static class ValidateCommand
{
    public static Command Create(ConnectionOptions connection)
    {
        var script = new Argument<string>("FILE") { Description = "The script", DefaultValueFactory = _ => "run.sh" };
        var service = JobArguments.Service("Kind of job whose rules are asked about");
        var command = new Command("validate", "Ask whether a script would be refused, without running it\n  jobs validate run.sh") { script, service };
        command.SetAction(async (result, cancellationToken) =>
        {
            var path = result.GetValue(script)!;
            if (!File.Exists(path))
            {
                throw new CliException($"There is no file '{path}'.", ExitCodes.Usage);
            }

            using var api = connection.Connect(result);
            using var form = new MultipartFormDataContent { { new StreamContent(File.OpenRead(path)), "file", "run.sh" } };
            if (result.GetValue(service) is { } name)
            {
                form.Add(new StringContent(name), "service");
            }

            Console.WriteLine(await api.ValidateAsync(form, cancellationToken));
        });
        return command;
    }
}
