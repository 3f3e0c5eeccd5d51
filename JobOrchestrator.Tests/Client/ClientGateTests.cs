using System.Net;
using JobOrchestrator.Client;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Server.Clients;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Client;

/// <summary>Whom a client obeys.</summary>
public sealed class ClientGateTests : IDisposable
{
    private const string Secret = "0123456789abcdef0123456789abcdef";
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("--BIND=0.0.0.0")]
    [InlineData("--urls=http://+:9000")]
    [InlineData("--urls=http://127.0.0.1:9000;http://10.0.0.1:9000")]
    [InlineData("--http_ports=9000")]
    public void A_client_without_a_secret_does_not_start_where_others_reach_it(string setting)
    {
        var error = Assert.Throws<JobOrchestrator.Client.ConfigurationException>(() => ClientApp.Create([setting, $"--DATA_PATH={_directory.Path}"]));
        Assert.Contains("set CLIENT_SECRET", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--BIND=0.0.0.0", "--CLIENT_SECRET=" + Secret)]
    [InlineData("--BIND=0.0.0.0", "--OPEN=on")]
    [InlineData("--BIND=127.0.0.1")]
    [InlineData("--urls=http://localhost:9000;http://[::1]:9000")]
    public async Task Others_reach_it_with_a_secret_or_when_the_operator_says_so(params string[] settings) =>
        await ClientApp.Create([.. settings, $"--DATA_PATH={_directory.Path}"]).DisposeAsync();

    [Theory]
    [InlineData("short", "16 or more")]
    [InlineData("with blanks in it, many", "16 or more")]
    public void A_weak_secret_is_refused(string secret, string message)
    {
        var error = Assert.Throws<JobOrchestrator.Client.ConfigurationException>(() => ClientApp.Create([$"--CLIENT_SECRET={secret}", $"--DATA_PATH={_directory.Path}"]));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_with_a_secret_obeys_its_server_only()
    {
        var file = Path.Combine(_directory.Path, "secret");
        await File.WriteAllTextAsync(file, Secret + "\n", Cancellation);
        await using var client = await TestClient.StartAsync(Path.Combine(_directory.Path, "client"), $"CLIENT_SECRET_FILE={file}");
        await using (var server = await TestServer.StartAsync(_directory.Path, [$"SERVICE_EXAMPLE_CLIENTS={client.Address}", $"CLIENT_SECRET={Secret}"]))
        {
            Assert.Equal(ClassicStatus.Completed, (await server.Http.EndAsync(await server.Http.SubmitAsync(Form.Job("env")))).Status);
            Assert.DoesNotContain(Secret, (await server.Http.ZipAsync("/download/1"))["stdout.log"], StringComparison.Ordinal);
        }

        using var http = new HttpClient { BaseAddress = client.Address };
        foreach (var path in (string[])["/", "/status", "/load", "/executions", "/events", "/retrieve/1"])
        {
            using var answer = await http.GetAsync(path, Cancellation);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }

        using var submitted = await http.PostAsync("/submit", new Form().File("run.sh", "true").ToContent(), Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, submitted.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task A_server_with_another_secret_says_so()
    {
        await using var client = await TestClient.StartAsync(Path.Combine(_directory.Path, "client"), $"CLIENT_SECRET={Secret}");
        var http = new ClientHttp(ClientHttp.CreateHttpClient(null), TimeProvider.System);
        var error = await Assert.ThrowsAsync<ClientException>(() => http.CallAsync(
            HttpMethod.Get, new Uri(client.Address, "status"), (_, _) => Task.FromResult(true), Cancellation));
        Assert.Contains("CLIENT_SECRET differs", error.Message, StringComparison.Ordinal);
    }
}
