using System.CommandLine;
using System.Globalization;

namespace JobOrchestrator.Cli.Commands;

/// <summary>Arguments several commands share.</summary>
internal static class JobArguments
{
    public static Argument<int> Id() => new("ID") { Description = "The job's number" };

    public static Option<string[]> State() => new("--state")
    {
        Description = "Only jobs in these states: queued, processing, submitted, running, completed, failed, invalid, killed",
        AllowMultipleArgumentsPerToken = true,
        HelpName = "STATE",
    };

    public static Option<string?> Service(string description) => new("--service", "-s") { Description = description, HelpName = "NAME" };

    public static Option<int?> User(string description) => new("--user", "-u") { Description = description, HelpName = "ID" };

    /// <summary>A point in time, as <see cref="TimeArgument"/> reads it.</summary>
    public static Option<DateTimeOffset?> Time(string name, string description) => new(name)
    {
        Description = $"{description}: {TimeArgument.Forms}",
        HelpName = "TIME",
        CustomParser = argument =>
        {
            var text = argument.Tokens[0].Value;
            if (TimeArgument.TryParse(text, TimeProvider.System, out var time))
            {
                return time;
            }

            argument.AddError($"'{text}' is no time; it must be {TimeArgument.Forms}.");
            return null;
        },
    };

    public static string? ToParameter(DateTimeOffset? time) => time?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    /// <summary>A query string of those values that are there.</summary>
    public static string Query(params (string Name, string? Value)[] parameters)
    {
        var present = parameters.Where(p => !string.IsNullOrEmpty(p.Value)).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}").ToArray();
        return present.Length == 0 ? "" : "?" + string.Join('&', present);
    }
}
