using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Server.Commands;

/// <summary>The server's commands as the operator types them: the real program.</summary>
public sealed class ServerCommandTests
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.Server");

    [Fact]
    public async Task Help_lists_the_commands_and_how_to_serve()
    {
        var (code, output) = await RunAsync(["--help"]);
        Assert.Equal(0, code);
        Assert.All(["check", "Without a command it serves"], text => Assert.Contains(text, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unknown_command_is_named()
    {
        var (code, output) = await RunAsync(["chek"]);
        Assert.Equal(2, code);
        Assert.Contains("'chek'", output, StringComparison.Ordinal);
        Assert.Contains("--help lists the commands", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_lists_every_error_of_the_configuration()
    {
        var (code, output) = await RunAsync(["check"], ("PORT", "no"), ("SERVICE_X_CLIENTS", "nonsense"));
        Assert.Equal(2, code);
        Assert.All(["PORT is 'no'", "SERVICE_X_CLIENTS contains 'nonsense'"], text => Assert.Contains(text, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Check_says_what_a_good_configuration_amounts_to()
    {
        var (code, output) = await RunAsync(["check"], ("PORT", "5001"), ("SERVICE_X_CLIENTS", "http://client"));
        Assert.Equal(0, code);
        Assert.All(["Port 5001", "Services: x."], text => Assert.Contains(text, output, StringComparison.Ordinal));
    }

    private static async Task<(int Code, string Output)> RunAsync(string[] arguments, params (string Key, string Value)[] settings)
    {
        await using var run = ProgramRun.Start("env", [.. settings.Select(s => $"{s.Key}={s.Value}"), Program, .. arguments]);
        var code = await run.ExitAsync(TestContext.Current.CancellationToken);
        return (code, run.Output);
    }
}
