using System.Net;
using System.Net.Http.Headers;
using JobOrchestrator.Server.Access;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Server.Commands;

/// <summary>The commands that make and end keys, beside a server that runs.</summary>
public sealed class KeysCommandTests : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.Server");
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_key_works_from_its_creation_until_it_is_revoked()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await TestServer.StartAsync(_directory.Path, ["AUTH=on"], clock);
        var (code, output) = await KeysAsync("create", "--name", "portal", "--any-user");
        Assert.Equal(0, code);
        Assert.Contains("Key 1 'portal' (submit, any user, never expires)", output, StringComparison.Ordinal);
        var token = output.Split('\n').Single(l => l.StartsWith("jok_1_", StringComparison.Ordinal));
        server.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(server));

        (code, output) = await KeysAsync("list");
        Assert.Equal(0, code);
        Assert.Matches(@"1\tportal\tsubmit\tany\t.*\tvalid", output);
        Assert.DoesNotContain(token, output, StringComparison.Ordinal);
        Assert.DoesNotContain(token[6..], System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(TestServer.DatabaseIn(_directory.Path), Cancellation)), StringComparison.Ordinal);

        Assert.Equal(0, (await KeysAsync("revoke", "1")).Code);
        clock.Advance(ApiKeys.Remembered);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(server));
        Assert.Matches(@"\trevoked ", (await KeysAsync("list")).Output);
        (code, output) = await KeysAsync("revoke", "1");
        Assert.Equal(1, code);
        Assert.Contains("There is no valid key 1", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Say either --user ID", "create", "--name", "x")]
    [InlineData("Say either --user ID", "create", "--name", "x", "--user", "1", "--any-user")]
    [InlineData("An admin key acts for everybody", "create", "--name", "x", "--role", "admin", "--user", "1")]
    [InlineData("--days must be at least 1", "create", "--name", "x", "--user", "1", "--days", "0")]
    [InlineData("--name", "create", "--user", "1")]
    public async Task A_wrong_call_is_refused_with_what_is_wrong(string message, params string[] arguments)
    {
        var (code, output) = await KeysAsync(arguments);
        Assert.Equal(2, code);
        Assert.Contains(message, output, StringComparison.Ordinal);
    }

    private static async Task<HttpStatusCode> StatusAsync(TestServer server)
    {
        using var answer = await server.Http.GetAsync("/download/1", Cancellation);
        return answer.StatusCode;
    }

    private async Task<(int Code, string Output)> KeysAsync(params string[] arguments)
    {
        await using var run = ProgramRun.Start("env", [$"DB_PATH={TestServer.DatabaseIn(_directory.Path)}", Program, "keys", .. arguments]);
        var code = await run.ExitAsync(Cancellation);
        return (code, run.Output);
    }
}
