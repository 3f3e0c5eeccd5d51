using Microsoft.Extensions.Configuration;

namespace JobOrchestrator.ServiceDefaults;

/// <summary>
/// The program asking its own running instance whether it is ready, for container engines: an image then needs no <c>curl</c>. It reads the same
/// settings as the instance, and nothing else.
/// </summary>
public static class HealthCheckCommand
{
    public const string Name = "healthcheck";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>Where an instance with these settings answers, as seen from its own machine.</summary>
    public static Uri AddressOf(IConfiguration settings, string bind, int port)
    {
        var urls = First(settings, ';', "urls", "ASPNETCORE_URLS", "DOTNET_URLS");
        var ports = First(settings, ';', "http_ports", "ASPNETCORE_HTTP_PORTS", "DOTNET_HTTP_PORTS");
        var address = urls ?? (ports is null ? $"http://{bind}:{port}" : $"http://*:{ports}");

        // Wildcards are for listening; asking needs an address, and loopback is among all of them.
        foreach (var wildcard in (string[])["://*", "://+", "://0.0.0.0", "://[::]"])
        {
            address = address.Replace(wildcard, "://127.0.0.1", StringComparison.Ordinal);
        }

        return new Uri(new Uri(address), "/health");
    }

    /// <summary>Asks once. 0: ready; 1: not, and the reason is on standard error, where engines keep it.</summary>
    public static async Task<int> RunAsync(Uri address)
    {
        using var http = new HttpClient { Timeout = Patience };
        try
        {
            using var answer = await http.GetAsync(address);
            if (answer.IsSuccessStatusCode)
            {
                return 0;
            }

            await Console.Error.WriteLineAsync($"{address} answers {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        }
        catch (HttpRequestException e)
        {
            await Console.Error.WriteLineAsync($"{address} does not answer: {e.Message}");
        }
        catch (TaskCanceledException)
        {
            await Console.Error.WriteLineAsync($"{address} does not answer within {Patience.TotalSeconds:0} s.");
        }

        return 1;
    }

    private static string? First(IConfiguration settings, char separator, params string[] keys) => keys
        .Select(key => settings[key])
        .FirstOrDefault(value => !string.IsNullOrEmpty(value))?
        .Split(separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .FirstOrDefault();
}
