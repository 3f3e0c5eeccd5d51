using System.Text.Json;
using System.Text.RegularExpressions;
using JobOrchestrator.Contracts.V1;
using JobOrchestrator.Server.Access;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Cli;

/// <summary>The <c>jobs</c> program as people type it, against a real server and client.</summary>
public sealed class CliTests : IAsyncLifetime
{
    private TestSystem _system = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _system = await TestSystem.StartAsync(clientSettings: ["KILL_GRACE=1"]);

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    [Theory]
    [InlineData("echo out; echo err >&2; exit 0", 0)]
    [InlineData("exit 7", 7)]
    [InlineData("kill -SEGV $$", 139)]
    public async Task Submit_with_wait_exits_as_the_script_did(string script, int code)
    {
        var run = await JobsAsync(["submit", Script(script), "--wait"]);
        Assert.Equal(code, run.Code);
        Assert.Contains(code == 0 ? "completed" : "failed", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_is_submitted_followed_listed_shown_explained_and_downloaded()
    {
        var run = await JobsAsync(["submit", Script("echo to stdout; echo to stderr >&2; cat in/data.txt > out.txt; exit 3"), File("in/data.txt", "input"), "--name", "first try", "--tag", "a", "--follow"]);
        Assert.True(run.Code is 3 or 1, run.Output); // data.txt is not in in/: files alone keep no directories
        Assert.Contains("to stdout\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("to stderr\n", run.Output, StringComparison.Ordinal);

        Assert.Contains("first try", (await JobsAsync(["list", "--state", "failed"])).Output, StringComparison.Ordinal);
        Assert.Contains("No jobs.", (await JobsAsync(["list", "--state", "running"])).Output, StringComparison.Ordinal);
        Assert.Contains("first try", (await JobsAsync(["list", "--since", "1h"])).Output, StringComparison.Ordinal);
        Assert.Contains("No jobs.", (await JobsAsync(["list", "--until", "1h"])).Output, StringComparison.Ordinal);
        var shown = await JobsAsync(["show", "1"]);
        Assert.All(["first try", "exit code", "attempt"], text => Assert.Contains(text, shown.Output, StringComparison.Ordinal));
        Assert.Contains("failed", (await JobsAsync(["explain", "1"])).Output, StringComparison.Ordinal);
        Assert.Equal("to stdout\n", (await JobsAsync(["logs", "1"])).Output);
        Assert.Equal("stdout\n", (await JobsAsync(["logs", "1", "--from", "3"])).Output);

        var target = Path.Combine(_system.Directory, "unpacked");
        Assert.Equal(0, (await JobsAsync(["download", "1", "--extract", "--output", target])).Code);
        Assert.StartsWith("to stderr\n", await System.IO.File.ReadAllTextAsync(Path.Combine(target, "stderr.log"), Cancellation), StringComparison.Ordinal);
        run = await JobsAsync(["download", "1", "--extract", "--output", target]);
        Assert.Equal(1, run.Code);
        Assert.Contains("is there already", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_is_submitted_with_its_shape()
    {
        File("job/run.sh", "cat in/data.txt; [ -x in/tool ] || exit 9");
        File("job/in/data.txt", "deep");
        System.IO.File.SetUnixFileMode(File("job/in/tool", "x"), (UnixFileMode)Convert.ToInt32("755", 8));
        var run = await JobsAsync(["submit", Path.Combine(_system.Directory, "job"), "--follow"]);
        Assert.True(run.Code == 0, run.Output);
        Assert.StartsWith("deep", run.Output.Split('\n').Single(l => l.Contains("deep", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_download_goes_on_where_it_stopped()
    {
        Assert.Equal(0, (await JobsAsync(["submit", Script("head -c 3000000 /dev/urandom > noise"), "--wait"])).Code);
        var whole = Path.Combine(_system.Directory, "whole.zip");
        Assert.Equal(0, (await JobsAsync(["download", "1", "-o", whole])).Code);
        var bytes = await System.IO.File.ReadAllBytesAsync(whole, Cancellation);
        using var head = await _system.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/api/v1/jobs/1/result"), Cancellation);

        // What is there already is not asked for again: were it, the marked byte would be overwritten.
        var target = Path.Combine(_system.Directory, "again.zip");
        var begun = bytes[..1_000_000];
        begun[500] ^= 0xff;
        await System.IO.File.WriteAllBytesAsync(target + ".part", begun, Cancellation);
        await System.IO.File.WriteAllTextAsync(target + ".part.etag", head.Headers.ETag!.ToString(), Cancellation);
        Assert.Equal(0, (await JobsAsync(["download", "1", "-o", target])).Code);
        var again = await System.IO.File.ReadAllBytesAsync(target, Cancellation);
        Assert.Equal(begun[500], again[500]);
        Assert.Equal(bytes[501..], again[501..]);

        // Another result than the one that was begun is downloaded from its beginning.
        await System.IO.File.WriteAllBytesAsync(target + ".part", begun, Cancellation);
        await System.IO.File.WriteAllTextAsync(target + ".part.etag", "\"another\"", Cancellation);
        Assert.Equal(0, (await JobsAsync(["download", "1", "-o", target])).Code);
        Assert.Equal(bytes, await System.IO.File.ReadAllBytesAsync(target, Cancellation));
        Assert.Empty(Directory.GetFiles(_system.Directory, "*.part*"));
    }

    [Fact]
    public async Task Running_jobs_are_cancelled_and_watching_ends_with_them()
    {
        Assert.Equal("1\n", (await JobsAsync(["submit", Script("sleep 1000")])).Output);
        var cancel = await JobsAsync(["cancel", "1", "77"]);
        Assert.Equal(1, cancel.Code);
        Assert.Contains("Job 1 is killed.", cancel.Output, StringComparison.Ordinal);
        Assert.Contains("There is no job 77", cancel.Output, StringComparison.Ordinal);
        var watch = await JobsAsync(["watch", "1"]);
        Assert.Equal(0, watch.Code);
        Assert.Contains("1 killed", watch.Output, StringComparison.Ordinal);
        Assert.Equal(143, (await JobsAsync(["logs", "1", "--follow"])).Code);
    }

    [Fact]
    public async Task Json_is_for_programs()
    {
        var submitted = await JobsAsync(["submit", Script("true"), "--wait", "--json"]);
        var job = JsonSerializer.Deserialize(submitted.Output, V1Json.Default.JobRecord)!;
        Assert.Equal((1, JobStatus.Completed), (job.Id, job.State));
        Assert.Single(JsonSerializer.Deserialize((await JobsAsync(["list", "--json"])).Output, V1Json.Default.JobPage)!.Jobs);
        Assert.Equal("example", Assert.Single(JsonSerializer.Deserialize((await JobsAsync(["services", "--json"])).Output, V1Json.Default.ServiceList)!.Services).Name);
        Assert.Single(JsonSerializer.Deserialize((await JobsAsync(["clients", "--json"])).Output, V1Json.Default.ClientList)!.Clients);
    }

    [Fact]
    public async Task Login_keeps_a_key_that_works_where_only_its_owner_reads_it()
    {
        await _system.RestartServerAsync(["AUTH=on"]);
        var refused = await JobsAsync(["list"]);
        Assert.Equal(77, refused.Code);
        Assert.Contains("jobs login", refused.Output, StringComparison.Ordinal);

        var (_, token) = await _system.Server.Get<ApiKeys>().CreateAsync("me", Role.Submit, 7, null, Cancellation);
        Assert.Equal(77, (await JobsAsync(["login"], input: "jok_1_wrong")).Code);
        Assert.Equal(0, (await JobsAsync(["login"], input: token)).Code);
        var file = Path.Combine(_system.Directory, "config", "joborchestrator", "jobs.json");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(file));
        var run = await JobsAsync(["submit", Script("true"), "--wait", "--json"]);
        Assert.Equal(7, JsonSerializer.Deserialize(run.Output, V1Json.Default.JobRecord)!.UserId);
    }

    [Theory]
    [InlineData(2, "There is no file 'nowhere.txt'", "submit", "nowhere.txt")]
    [InlineData(2, "'lst'", "lst")]
    [InlineData(2, "ID", "show")]
    [InlineData(2, "'soon' is no time; it must be a while ago, as in 30s", "list", "--since", "soon")]
    [InlineData(2, "There is no file 'nowhere.sh'", "validate", "nowhere.sh")]
    [InlineData(1, "There is no job 99", "show", "99")]
    [InlineData(69, "Cannot reach the server", "list", "--server", "http://127.0.0.1:1")]
    [InlineData(2, "is no address of a server", "list", "--server", "nonsense")]
    public async Task What_goes_wrong_is_said_with_a_way_out(int code, string message, params string[] arguments)
    {
        var run = await JobsAsync(arguments);
        Assert.Equal(code, run.Code);
        Assert.Contains(message, run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_says_in_words_what_is_wrong_and_in_its_exit_code_whether_anything_is()
    {
        var script = Script("echo fine\ncurl http://example.org\n");
        var run = await JobsAsync(["validate", script]);
        Assert.Equal(65, run.Code);
        Assert.Matches($@"(?m)^{Regex.Escape(script)}:2: network tool 'curl' \(network/tool\): .*\n{Regex.Escape(script)}: rejected$", run.Output);
        var verdict = JsonSerializer.Deserialize((await JobsAsync(["validate", script, "--json"])).Output, V1Json.Default.ScriptVerdict)!;
        Assert.Equal((false, 2), (verdict.Accepted, Assert.Single(verdict.Findings).Line));

        Script("echo fine\n");
        run = await JobsAsync(["validate", _system.Directory]);
        Assert.Equal((0, $"{_system.Directory}: accepted\n"), run);
        run = await JobsAsync(["validate", "-"], input: "rm -rf /");
        Assert.Equal(65, run.Code);
        run = await JobsAsync(["validate", script, "--service", "other"]);
        Assert.Equal(1, run.Code);
        Assert.Contains("There is no service 'other'", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_command_has_help_with_an_example()
    {
        var commands = (await JobsAsync(["--help"])).Output.Split("Commands:")[1].Split('\n')
            .Where(l => l.StartsWith("  ", StringComparison.Ordinal) && l.Length > 2 && l[2] != ' ').Select(l => l.Trim().Split(' ')[0]).ToList();
        Assert.True(commands.Count >= 15, string.Join(' ', commands));
        foreach (var command in commands)
        {
            var help = await JobsAsync([command, "--help"]);
            Assert.Equal(0, help.Code);
            Assert.Matches($@"(?m)^\s+(eval .*|pass .* )?.*jobs {command}", help.Output);
        }
    }

    [Theory]
    [InlineData("bash", "complete -F")]
    [InlineData("zsh", "compdef")]
    public async Task A_shell_learns_to_complete(string shell, string text)
    {
        Assert.Contains(text, (await JobsAsync(["completion", shell])).Output, StringComparison.Ordinal);
        Assert.Contains("download", (await JobsAsync(["[suggest:6]", "jobs do"])).Output, StringComparison.Ordinal);
    }

    private string Script(string text) => File("run.sh", text);

    private string File(string name, string text)
    {
        var path = Path.Combine(_system.Directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    private async Task<(int Code, string Output)> JobsAsync(string[] arguments, string? input = null)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "jobs");
        var command = (string[])["env", $"JOBS_SERVER={_system.Server.Address}", $"XDG_CONFIG_HOME={_system.Directory}/config", program, .. arguments];
        await using var run = input is null
            ? ProgramRun.Start(command[0], command[1..])
            : ProgramRun.Start("bash", ["-c", "\"$@\" <<< \"$0\"", input, .. command]);
        var code = await run.ExitAsync(Cancellation);
        return (code, run.Output);
    }
}
