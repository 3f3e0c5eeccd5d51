using System.CommandLine;
using System.Diagnostics.CodeAnalysis;

namespace JobOrchestrator.AppHost;

/// <summary>What the command line says; both hosts understand the same.</summary>
internal sealed record AppHostOptions
{
    public const int DefaultClients = 3;
    public const int DefaultPort = 5000;
    private const int MaxClients = 100;

    /// <summary>Client processes to start.</summary>
    public required int Clients { get; init; }

    /// <summary>TCP port of the server.</summary>
    public required int Port { get; init; }

    /// <summary>Directory of the database and all files; null for <c>.data</c> beside the host.</summary>
    public string? Data { get; init; }

    /// <summary>Whether the Aspire Dashboard is shown.</summary>
    public required bool Dashboard { get; init; }

    /// <summary>Directory to publish to, absolute. A relative <c>--output-path</c> counts from where the command was given.</summary>
    public required string Output { get; init; }

    /// <summary>Directory of the Kubernetes manifests to publish, absolute; null for none.</summary>
    public string? Kubernetes { get; init; }

    /// <summary>Arguments that are the host's own business, such as <c>--operation publish</c>.</summary>
    public required IReadOnlyList<string> Rest { get; init; }

    /// <summary>Reads the command line. False when there is nothing more to do: help was shown, or an error was named on standard error.</summary>
    public static bool TryParse(string[] args, [NotNullWhen(true)] out AppHostOptions? options, out int exitCode)
    {
        var clients = new Option<int>("--clients") { Description = "Client processes to start", DefaultValueFactory = _ => DefaultClients, HelpName = "N" };
        clients.Validators.Add(result => Within(result, clients, 1, MaxClients));
        var port = new Option<int>("--port") { Description = "TCP port of the server", DefaultValueFactory = _ => DefaultPort, HelpName = "PORT" };
        port.Validators.Add(result => Within(result, port, 1, 65535));
        var data = new Option<string?>("--data") { Description = "Directory of the database and all files [default: .data beside the host]", HelpName = "DIR" };
        var noDashboard = new Option<bool>("--no-dashboard") { Description = "Do without the Aspire Dashboard" };
        var output = new Option<string?>("--output-path") { Description = "Directory to publish to [default: aspire-output]", HelpName = "DIR" };
        var kubernetes = new Option<string?>("--kubernetes-path") { Description = "Directory to publish Kubernetes manifests to, too", HelpName = "DIR" };
        var command = new RootCommand("Runs JobOrchestrator on this machine: one server, N clients and the Aspire Dashboard. Ctrl+C ends all of them. With --operation publish --step publish it writes what production needs instead.")
        {
            clients, port, data, noDashboard, output, kubernetes,
        };
        command.TreatUnmatchedTokensAsErrors = false;

        var result = command.Parse(args);
        if (result.Action is not null || result.Errors.Count > 0)
        {
            options = null;
            exitCode = result.Errors.Count > 0 ? Report(result.Errors) : result.Invoke();
            return false;
        }

        // The host takes relative paths from wherever it was started, which a launcher may have changed; an absolute one is the same for all.
        var directory = Path.GetFullPath(result.GetValue(output) ?? "aspire-output");
        options = new AppHostOptions
        {
            Clients = result.GetValue(clients),
            Port = result.GetValue(port),
            Data = result.GetValue(data) is { } root ? Path.GetFullPath(root) : null,
            Dashboard = !result.GetValue(noDashboard),
            Output = directory,
            Kubernetes = result.GetValue(kubernetes) is { } cluster ? Path.GetFullPath(cluster) : null,
            Rest = result.GetValue(output) is null ? result.UnmatchedTokens : [.. result.UnmatchedTokens, "--output-path", directory],
        };
        exitCode = 0;
        return true;
    }

    private static void Within(System.CommandLine.Parsing.OptionResult result, Option<int> option, int min, int max)
    {
        // A token that is no number at all is already an error of the parser's.
        if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var value) && (value < min || value > max))
        {
            result.AddError($"{option.Name} is {value}, but must be from {min} to {max}.");
        }
    }

    private static int Report(IEnumerable<System.CommandLine.Parsing.ParseError> errors)
    {
        foreach (var error in errors)
        {
            Console.Error.WriteLine(error.Message);
        }

        Console.Error.WriteLine("--help lists the options.");
        return 2;
    }
}
