using System.Text;
using System.Text.Json;
using JobOrchestrator.Client.Validation;
using JobOrchestrator.Tests.Support;
using Microsoft.Extensions.Configuration;

namespace JobOrchestrator.Tests.Client.Validation;

/// <summary><c>validate FILE…</c></summary>
public sealed class ValidateCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Accepted_scripts_exit_with_0()
    {
        var file = Write("good.sh", "echo hello\n");
        Assert.Equal(0, Run([file]));
        Assert.Equal($"{file}: accepted\n", _output.ToString());
    }

    [Fact]
    public void One_rejected_script_exits_with_1_and_all_are_told()
    {
        var (bad, good) = (Write("bad.sh", "true\nwget x\n"), Write("good.sh", "cp a /srv/b\n"));
        Assert.Equal(1, Run([bad, good]));
        Assert.Equal(
            [
                $"{bad}:2: network tool 'wget' (network/tool): a job has no network; upload what it needs together with run.sh",
                $"{bad}: rejected",
                $"warning: {good}:1: writing to '/srv/b' (destructive/elsewhere): only files in the job's own directory come back with the result",
                $"{good}: accepted",
            ],
            _output.ToString().TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void Json_is_one_object_per_file()
    {
        var (bad, good) = (Write("bad.sh", "rm -rf /\n"), Write("good.sh", "true\n"));
        Assert.Equal(1, Run(["--json", bad, good]));
        var lines = _output.ToString().TrimEnd('\n').Split('\n').Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(["rejected", "accepted"], lines.Select(l => l.GetProperty("verdict").GetString()));
        Assert.Equal([bad, good], lines.Select(l => l.GetProperty("file").GetString()));
        var finding = Assert.Single(lines[0].GetProperty("findings").EnumerateArray());
        Assert.Equal(("destructive/delete", "error", 1), (finding.GetProperty("rule").GetString(), finding.GetProperty("severity").GetString(), finding.GetProperty("line").GetInt32()));
        Assert.Empty(lines[1].GetProperty("findings").EnumerateArray());
    }

    [Theory]
    [InlineData("validate: name at least one FILE; see --help\n")]
    [InlineData("validate: '--jsn' is not an option, or lacks its value; see --help\n", "--jsn", "x")]
    [InlineData("validate: '--service' is not an option, or lacks its value; see --help\n", "x", "--service")]
    public void A_wrong_call_exits_with_2(string message, params string[] arguments)
    {
        Assert.Equal(2, Run(arguments));
        Assert.Equal(message, _error.ToString());
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public void A_file_that_cannot_be_read_exits_with_2()
    {
        Assert.Equal(2, Run([Path.Combine(_directory.Path, "none.sh")]));
        Assert.Contains("none.sh' cannot be read: ", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Standard_input_a_directory_and_the_rules_of_a_service_are_understood()
    {
        Write("run.sh", "curl x\n");
        Assert.Equal(1, Run([_directory.Path]));
        Assert.Equal(0, Run(["--service", "mirror", "-", _directory.Path], "wget x", ("VALIDATION_MIRROR_RULES", "network/tool=off")));
        Assert.Equal(1, Run(["-"], "wget x", ("VALIDATION_MIRROR_RULES", "network/tool=off")));
    }

    [Fact]
    public void Wrong_tuning_exits_with_2()
    {
        Assert.Equal(2, Run(["-"], "true", ("VALIDATION_RULES", "nonsense")));
        Assert.Equal("validate: VALIDATION_RULES: 'nonsense' must end with =off, =warn or =error.\n", _error.ToString());
    }

    [Fact]
    public void Help_names_the_exit_codes()
    {
        Assert.Equal(0, Run(["--help"]));
        Assert.Contains("exit codes: 0", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_itself_runs_it()
    {
        var file = Write("bad.sh", "curl x\n");
        await using var run = ProgramRun.Start("dotnet", [typeof(ScriptValidator).Assembly.Location, "validate", file]);
        Assert.Equal(1, await run.ExitAsync(TestContext.Current.CancellationToken));
        Assert.Contains($"{file}:1: network tool 'curl' (network/tool)", run.Output, StringComparison.Ordinal);
    }

    private int Run(string[] arguments, string input = "", params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build();
        return ValidateCommand.Run(arguments, configuration, () => new MemoryStream(Encoding.UTF8.GetBytes(input)), _output, _error);
    }

    private string Write(string name, string script)
    {
        var path = Path.Combine(_directory.Path, name);
        File.WriteAllText(path, script);
        return path;
    }
}
