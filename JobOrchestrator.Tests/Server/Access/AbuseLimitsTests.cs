using System.Net.Sockets;
using System.Text;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Server.Access;

/// <summary>Senders that only hold a connection, spoken to byte by byte. The server's own clocks run here, so each takes its seconds.</summary>
[Trait("Category", "Slow")]
public sealed class AbuseLimitsTests : IAsyncLifetime
{
    private TestSystem _system = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _system = await TestSystem.StartAsync(clients: 0);

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    [Fact]
    public async Task Headers_that_do_not_end_are_cut_off() =>
        Assert.StartsWith("HTTP/1.1 408 ", await AnswerAsync("GET /health HTTP/1.1\r\nHost: localhost\r\n"), StringComparison.Ordinal);

    [Fact]
    public async Task Headers_without_measure_are_refused()
    {
        var answer = await AnswerAsync($"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Large: {new string('x', 40_000)}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 431 ", answer, StringComparison.Ordinal);
    }

    /// <summary>The job it began is not one, and leaves nothing behind; everybody else is answered meanwhile.</summary>
    [Theory]
    [InlineData("/upload", "data arriving too slowly")]
    [InlineData("/api/v1/jobs", "too_slow")]
    public async Task A_body_that_stops_coming_is_cut_off_and_leaves_nothing(string path, string reason)
    {
        const string begin = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"run.sh\"\r\n\r\ntrue\n";
        var slow = AnswerAsync($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000\r\n\r\n{begin}");
        await _system.Http.SubmitAsync(Form.Job("true"));
        var answer = await slow;
        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains(reason, answer, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_system.Directory, "data", "staging")));
    }

    /// <summary>What the server says until it closes the connection, to a sender that says this and then nothing.</summary>
    private async Task<string> AnswerAsync(string request)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync("127.0.0.1", _system.Server.Address.Port, Cancellation);
        var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), Cancellation);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return await reader.ReadToEndAsync(Cancellation);
    }
}
