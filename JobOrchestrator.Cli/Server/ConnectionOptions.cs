using System.CommandLine;

namespace JobOrchestrator.Cli.Server;

/// <summary>Options every command has: which server, and whether the answer is for a program.</summary>
internal sealed class ConnectionOptions
{
    public const string ServerVariable = "JOBS_SERVER";
    public const string KeyVariable = "JOBS_KEY";

    private readonly Option<string?> _server = new("--server")
    {
        Description = $"Address of the server [default: ${ServerVariable}, else what 'jobs login' kept, else {Settings.DefaultServer}]",
        HelpName = "URL",
        Recursive = true,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print JSON, for programs", Recursive = true };

    public void AddTo(Command root)
    {
        root.Options.Add(_server);
        root.Options.Add(_json);
    }

    public bool IsJson(ParseResult result) => result.GetValue(_json);

    /// <summary>The server's address: the option, the environment, the file, the default, in this order.</summary>
    public Uri ServerOf(ParseResult result)
    {
        var text = result.GetValue(_server) ?? Variable(ServerVariable) ?? Settings.Load().Server ?? Settings.DefaultServer;
        return Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new CliException($"'{text}' is no address of a server; it must be like https://jobs.example.org.", ExitCodes.Usage);
    }

    /// <summary>The server, spoken to with the key from the environment, else the one kept for it.</summary>
    public JobsApi Connect(ParseResult result)
    {
        var server = ServerOf(result);
        return new JobsApi(server, Variable(KeyVariable) ?? Settings.Load().KeyFor(server));
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
