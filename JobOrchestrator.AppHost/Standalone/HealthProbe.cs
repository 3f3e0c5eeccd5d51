namespace JobOrchestrator.AppHost.Standalone;

/// <summary>Asks a process whether it is ready.</summary>
internal static class HealthProbe
{
    /// <summary>Whether <paramref name="address"/> answers with a success; nobody listening yet is an ordinary "no".</summary>
    public static async Task<bool> IsHealthyAsync(HttpClient http, Uri address, CancellationToken cancellation)
    {
        try
        {
            using var answer = await http.GetAsync(address, cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false; // it accepted the connection, and was silent too long
        }
    }
}
