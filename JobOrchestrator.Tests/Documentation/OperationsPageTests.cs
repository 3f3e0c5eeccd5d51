using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using JobOrchestrator.Contracts.Classic;
using JobOrchestrator.Tests.Deployment;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Documentation;

/// <summary>
/// The production guide, followed from top to bottom: each of its commands is run in a directory of its own, beside a real server, client and proxy, or
/// is in <see cref="NotRun"/>. Such a command is checked for what can be checked: its shell, the files, services, options and units it names.
/// </summary>
[Trait("Category", "Slow")]
public sealed partial class OperationsPageTests : IDisposable
{
    /// <summary>How a command begins that is not run, and why not.</summary>
    private static readonly (string Start, string Reason)[] NotRun =
    [
        ("docker compose ", "needs an engine and the images; eng/compose-e2e.sh does what it does"),
        ("bash eng/images", "needs an engine and takes minutes; eng/compose-e2e.sh runs it"),
        ("bash eng/compose-e2e.sh", "needs an engine and takes minutes"),
        ("kubectl apply ", "needs a cluster"),
        ("kubectl create ", "needs a cluster"),
        ("systemctl ", "changes the machine"),
        ("aspire publish", "needs packages that not every feed has"),
        ("keys ", "a command of the server's without its options"),
    ];

    private static readonly Dictionary<string, string> NoSettings = [];

    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, string> _answers = new(StringComparer.Ordinal);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Site => Path.Combine(_directory.Path, "site");

    private string Backup => Path.Combine(_directory.Path, "backup");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Every_command_of_the_guide_does_what_it_says()
    {
        await using var system = await RealSystem.StartAsync(new() { ["AUTH"] = "on" });
        await using var surroundings = new Surroundings();
        var key = string.Empty;
        int? job = null;
        var run = new List<string>();
        foreach (var command in OperationsPage.Commands)
        {
            var here = Here(command, surroundings.Proxy, system);
            if (here == command && NotRun.Any(n => command.StartsWith(n.Start, StringComparison.Ordinal)))
            {
                await CheckAsync(command);
                continue;
            }

            run.Add(command);
            if (command.StartsWith("curl ", StringComparison.Ordinal))
            {
                surroundings.Proxy = await ProxyUnderTest.StartAsync(system.Http.BaseAddress!.OriginalString, Path.Combine(Site, "certificates"));
                here = Here(command, surroundings.Proxy, system);
            }
            else if (command.StartsWith("JobOrchestrator.Server restore", StringComparison.Ordinal) && !system.Server.HasExited)
            {
                // As the page says: the server is stopped first.
                Processes.Signal(system.Server.Id, Processes.SigTerm);
                Assert.Equal(0, await system.Server.ExitAsync(Cancellation));
            }

            var output = await BashAsync(here, system.ServerSettings);
            if (command.Contains("keys create", StringComparison.Ordinal))
            {
                key = output.Split('\n').Single(l => l.StartsWith("jok_", StringComparison.Ordinal)).Trim();
                job = await SubmitAsync(system.Http, key);
            }
            else if (command.Contains("restore --from", StringComparison.Ordinal) && command.EndsWith("--yes", StringComparison.Ordinal))
            {
                Assert.NotEmpty(Directory.GetFileSystemEntries(system.Directory, "*.before-restore-*"));
            }
        }

        // What the walk has to have passed, so that a page without it is noticed.
        Assert.All(
            ["--operation publish", "make-certificate.sh", "CLIENT_SECRET=.*", "GRAFANA_ADMIN_PASSWORD=.*", "keys create", "/health", "backup --to", "sha256sum", "--yes", "maintenance"],
            part => Assert.Contains(run, command => command.Contains(part, StringComparison.Ordinal)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Site, ".env")));
        Assert.True(Directory.GetDirectories(Path.Combine(Backup, "snapshots")).Length >= 2, "the command and the cron line each make a snapshot");

        await system.StartServerAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/download/{job}?user_id=1");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var answer = await system.Http.SendAsync(request, Cancellation);
        Assert.Equal((HttpStatusCode.OK, "application/zip"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task The_nightly_units_are_units()
    {
        const string verifier = "/usr/bin/systemd-analyze";
        Assert.SkipUnless(File.Exists(verifier), "needs the package systemd (eng/packages installs it)");
        var names = UnitPattern().Match(Repository.Read("docs", "operations.md"));
        var name = names.Groups[1].Value;
        var blocks = OperationsPage.Blocks("ini");
        Assert.Equal(2, blocks.Length);
        var program = Path.Combine(AppContext.BaseDirectory, "JobOrchestrator.Server");
        foreach (var (kind, text) in new[] { ("service", blocks[0]), ("timer", blocks[1]) })
        {
            await File.WriteAllTextAsync(
                Path.Combine(_directory.Path, $"{name}.{kind}"), text.Replace("/opt/joborchestrator/server/JobOrchestrator.Server", program, StringComparison.Ordinal), Cancellation);
        }

        var output = await BashAsync($"{verifier} verify --man=no '{_directory.Path}/{name}.service' '{_directory.Path}/{name}.timer'", NoSettings);
        Assert.DoesNotContain(name, output, StringComparison.Ordinal); // an objection that is no error names the file, too
        Assert.Contains(OperationsPage.Commands, c => c == $"systemctl enable --now {name}.timer");
    }

    /// <summary>A command with this test's places and ports; anything else stays as the operator types it.</summary>
    private string Here(string command, ProxyUnderTest? proxy, RealSystem system)
    {
        var snapshot = Directory.Exists(Backup) ? Path.GetFileName(Directory.GetDirectories(Path.Combine(Backup, "snapshots")).Order(StringComparer.Ordinal).Last()) : string.Empty;
        var environment = Path.Combine(_directory.Path, "server.env");
        File.WriteAllLines(environment, system.ServerSettings.Select(s => $"export {s.Key}='{s.Value}'"));
        return ServerInContainerPattern().Replace(command, "JobOrchestrator.Server")
            .Replace("dotnet run --project JobOrchestrator.AppHost --", "JobOrchestrator.AppHost", StringComparison.Ordinal)
            .Replace("/opt/joborchestrator/server/", string.Empty, StringComparison.Ordinal)
            .Replace("/etc/joborchestrator/server.env", environment, StringComparison.Ordinal)
            .Replace("/srv/joborchestrator", Site, StringComparison.Ordinal)
            .Replace("/mnt/backup/jobs", Backup, StringComparison.Ordinal)
            .Replace("snapshots/…/", $"snapshots/{snapshot}/", StringComparison.Ordinal)
            .Replace("curl ", $"curl --silent --show-error --fail --connect-to portal.example.org:443:127.0.0.1:{proxy?.Https.Port} ", StringComparison.Ordinal);
    }

    private async Task CheckAsync(string command)
    {
        await BashAsync($"bash -n <<'COMMAND'\n{command}\nCOMMAND", NoSettings);
        var words = command.Split(' ');
        switch (words)
        {
            case ["docker", "compose", .. var rest]:
                await CheckComposeAsync(rest);
                break;
            case ["bash", var script, ..]:
                await BashAsync($"bash -n '{Repository.PathOf(script)}'", NoSettings);
                break;
            case ["kubectl", "apply", "-k", var directory]:
                Assert.Contains("kind: StatefulSet", await BashAsync($"kubectl kustomize '{Repository.PathOf(directory)}'", NoSettings), StringComparison.Ordinal);
                break;
            case ["kubectl", "create", "secret", "generic", var name, ..]:
                var secret = await BashAsync($"{command} --dry-run=client -o yaml", NoSettings);
                var asked = SecretReferencePattern().Match(Repository.Read("deploy", "kubernetes", "server.yaml"));
                Assert.Equal(asked.Groups["name"].Value, name);
                Assert.Contains($"\n  {asked.Groups["key"].Value}: ", secret, StringComparison.Ordinal);
                break;
            case ["systemctl", "enable", "--now", _]:
                break; // The_nightly_units_are_units
            case ["aspire", "publish"]:
                Assert.True(File.Exists(Repository.PathOf("JobOrchestrator.AppHost", "Aspire", "JobOrchestrator.AppHost.Aspire.csproj")));
                break;
            case ["keys", var verb]:
                await BashAsync($"JobOrchestrator.Server keys {verb} --help", NoSettings);
                break;
            default:
                Assert.Fail($"Nothing of this command is checked: {command}");
                break;
        }
    }

    /// <summary>The files it names make a system with the <c>.env</c> the page has made; its options are options; its services are services.</summary>
    private async Task CheckComposeAsync(string[] words)
    {
        var verb = Array.FindIndex(words, (word) => !word.StartsWith('-') && !word.EndsWith(".yaml", StringComparison.Ordinal));
        var config = await AskComposeAsync($"{string.Join(' ', words[..verb])} config --services");
        var services = config.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(PublishedCompose.ServiceNames.Order(StringComparer.Ordinal), services.Order(StringComparer.Ordinal));

        var help = await AskComposeAsync($"{words[verb]} --help");
        foreach (var word in words[(verb + 1)..])
        {
            if (word.StartsWith('-'))
            {
                Assert.Matches($@"(?m)^\s+(-\w, )?{Regex.Escape(word)}([,=\s]|$)", help);
            }
            else
            {
                Assert.Contains(word.Split('=')[0], services);
                if (words[verb] is "exec" or "run")
                {
                    return; // the rest is for the program inside
                }
            }
        }
    }

    /// <summary>It takes more than a second to answer, and many commands of the page make it answer the same.</summary>
    private async Task<string> AskComposeAsync(string arguments)
    {
        const string compose = "/usr/bin/docker-compose";
        Assert.SkipUnless(File.Exists(compose), "needs the package docker-compose (eng/packages installs it)");
        if (!_answers.TryGetValue(arguments, out var answer))
        {
            _answers[arguments] = answer = await BashAsync($"cd '{Site}' && {compose} {arguments}", NoSettings);
        }

        return answer;
    }

    private async Task<string> BashAsync(string command, IReadOnlyDictionary<string, string> environment)
    {
        // The page's commands are given where it says: in the source tree, and in the published directory once there is one.
        var directory = Directory.Exists(Site) && !command.Contains("deploy/", StringComparison.Ordinal) ? Site : Repository.Root;
        var path = $"{AppContext.BaseDirectory}:{Environment.GetEnvironmentVariable("PATH")}";
        await using var run = ProgramRun.Start(
            "bash", ["-e", "-c", $"cd '{directory}'\n{command}"], new Dictionary<string, string>(environment) { ["PATH"] = path });
        Assert.True(await run.ExitAsync(Cancellation) == 0, $"{command}\n{run.Output}");
        return run.Output;
    }

    private static async Task<int> SubmitAsync(HttpClient http, string key)
    {
        using var refused = await http.GetAsync("/api/v1/jobs", Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        using var client = new HttpClient { BaseAddress = http.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        var job = await client.SubmitAsync(Form.Job("echo kept > result.txt"));
        Assert.Equal(ClassicStatus.Completed, (await client.EndAsync(job)).Status);
        return job;
    }

    [GeneratedRegex(@"^docker compose (exec server dotnet JobOrchestrator\.Server\.dll|run --rm server)(?= )")]
    private static partial Regex ServerInContainerPattern();

    [GeneratedRegex(@"/etc/systemd/system/([a-z-]+)\.service")]
    private static partial Regex UnitPattern();

    [GeneratedRegex(@"secretKeyRef:\s+name: (?<name>\S+)\s+key: (?<key>\S+)")]
    private static partial Regex SecretReferencePattern();

    /// <summary>What the page's commands find running besides the server, from the moment they need it.</summary>
    private sealed class Surroundings : IAsyncDisposable
    {
        public ProxyUnderTest? Proxy { get; set; }

        public async ValueTask DisposeAsync()
        {
            if (Proxy is not null)
            {
                await Proxy.DisposeAsync();
            }
        }
    }
}
