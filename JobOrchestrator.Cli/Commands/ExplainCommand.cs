using System.CommandLine;
using JobOrchestrator.Cli.Output;
using JobOrchestrator.Cli.Server;
using JobOrchestrator.Contracts.V1;
using Spectre.Console;

namespace JobOrchestrator.Cli.Commands;

/// <summary><c>jobs explain</c>.</summary>
internal static class ExplainCommand
{
    public static Command Create(ConnectionOptions connection)
    {
        var id = JobArguments.Id();
        var command = new Command("explain", "Say why a job waits, or how it ended, and what to do\n  jobs explain 42") { id };
        command.SetAction(async (result, cancellationToken) =>
        {
            using var api = connection.Connect(result);
            var explanation = await api.ExplainAsync(result.GetValue(id), cancellationToken);
            if (connection.IsJson(result))
            {
                Printer.Json(explanation, V1Json.Default.Explanation);
                return;
            }

            Printer.Out.MarkupLineInterpolated($"[{Printer.Colour(explanation.State)}]{Printer.Word(explanation.State)}[/]  {explanation.Summary}");
            if (explanation.Waiting is { EstimateSeconds: { } seconds } waiting)
            {
                Printer.Out.MarkupLineInterpolated($"Place {waiting.Position} of {waiting.WaitingInService}; about {Printer.Duration(TimeSpan.FromSeconds(seconds))} to go ({waiting.EstimateBasis}).");
            }

            if (explanation.Ending is { LastWords: { Length: > 0 } words })
            {
                Printer.Out.Write(new Panel(new Text(words.TrimEnd())) { Header = new PanelHeader("last words on stderr") });
            }

            foreach (var advice in explanation.Advice)
            {
                Printer.Out.MarkupLineInterpolated($"- {advice}");
            }
        });
        return command;
    }
}
