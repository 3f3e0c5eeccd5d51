using System.Globalization;
using JobOrchestrator.AppHost.Standalone;
using JobOrchestrator.ServiceDefaults;
using JobOrchestrator.Tests.Support;
using Microsoft.Extensions.Configuration;

namespace JobOrchestrator.Tests.Deployment;

/// <summary>The programs asking themselves, as a container engine has them do.</summary>
public class HealthCheckCommandTests
{
    [Theory]
    [InlineData("http://127.0.0.1:5000/health")]
    [InlineData("http://127.0.0.1:8080/health", "ASPNETCORE_URLS=http://*:8080;https://*:8443")]
    [InlineData("http://127.0.0.1:8081/health", "ASPNETCORE_HTTP_PORTS=8081;8082")]
    [InlineData("http://127.0.0.1:8080/health", "ASPNETCORE_URLS=http://[::]:8080", "ASPNETCORE_HTTP_PORTS=1")]
    [InlineData("http://127.0.0.1:5000/health", "ASPNETCORE_HTTP_PORTS=")]
    public void It_asks_where_the_program_listens(string expected, params string[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(s => s.Split('=', 2)).Select(s => KeyValuePair.Create(s[0], (string?)s[1]))).Build();
        Assert.Equal(expected, HealthCheckCommand.AddressOf(configuration, "0.0.0.0", 5000).AbsoluteUri);
    }

    [Fact]
    public async Task The_server_and_the_client_say_whether_they_are_ready()
    {
        await using var system = await TestSystem.StartAsync();
        Assert.Equal((0, string.Empty), await RunAsync("JobOrchestrator.Server", system.Http.BaseAddress!.Port));
        Assert.Equal((0, string.Empty), await RunAsync("JobOrchestrator.Client", system.Clients[0].Address.Port));
    }

    [Theory]
    [InlineData("JobOrchestrator.Server")]
    [InlineData("JobOrchestrator.Client")]
    public async Task Nobody_there_is_a_failure_with_a_reason(string program)
    {
        var port = FreePort.Choose();
        var (code, output) = await RunAsync(program, port);
        Assert.Equal(1, code);
        Assert.Contains($"http://127.0.0.1:{port}/health does not answer", output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, int port)
    {
        var environment = new Dictionary<string, string> { ["PORT"] = port.ToString(CultureInfo.InvariantCulture) };
        await using var run = ProgramRun.Start(Path.Combine(AppContext.BaseDirectory, program), ["healthcheck"], environment);
        var code = await run.ExitAsync(TestContext.Current.CancellationToken);
        return (code, run.Output);
    }
}
