using System.Net;
using JobOrchestrator.Contracts;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Contracts.Executions;

namespace JobOrchestrator.Client;

/// <summary>Who is obeyed: whoever shows the secret; without one, whoever is on this machine.</summary>
internal static class ClientGate
{
    /// <summary>Signs of life tell nobody anything, and health checks have no secret.</summary>
    private static readonly string[] OpenPaths = ["/health", "/alive"];

    /// <summary>Adds an error when others than this machine would be obeyed without having to show anything.</summary>
    public static void Check(ClientOptions options, IConfiguration configuration, List<string> errors)
    {
        if (options.Secret is not null || options.Open)
        {
            return;
        }

        var listening = configuration["urls"] is { Length: > 0 } urls
            ? urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : configuration["http_ports"] is { Length: > 0 } ports ? [$"http://*:{ports}"] : [$"http://{options.Bind}:{options.Port}"];
        foreach (var address in listening.Where(a => !IsThisMachine(a)))
        {
            errors.Add(
                $"The client would listen on {address}, and everybody who reaches it could run programs here: set {ClientSecret.Setting} (the same at the "
                + "server), or listen on 127.0.0.1, or say OPEN=on where only a classic server can reach it.");
        }
    }

    public static void UseClientGate(this WebApplication app, ClientOptions options)
    {
        if (options.Secret is { } secret)
        {
            app.Use((context, next) =>
                secret.IsIn(context.Request.Headers.Authorization) || OpenPaths.Contains(context.Request.Path.Value, StringComparer.Ordinal)
                    ? next(context)
                    : RefuseAsync(context));
        }
    }

    private static bool IsThisMachine(string address)
    {
        var host = BindingAddress.Parse(address).Host;
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
    }

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return context.Response.WriteAsJsonAsync(
            new StatusBody(0, ClassicStatus.Unknown, $"This client obeys its server only: {ClientSecret.Setting} is not the one set here"),
            ContractsJson.Default.StatusBody);
    }
}
