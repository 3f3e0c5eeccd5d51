using System.Globalization;
using System.Text.RegularExpressions;
using JobOrchestrator.Client;
using JobOrchestrator.Server;
using JobOrchestrator.Tests.Support;
using Microsoft.Extensions.Configuration;

namespace JobOrchestrator.Tests.Deployment;

/// <summary>What every published service must have; a service added later is asked for the same.</summary>
public partial class ComposeHardeningTests
{
    public static TheoryData<string> Services => [.. PublishedCompose.ServiceNames];

    [Theory]
    [MemberData(nameof(Services))]
    public void It_has_no_privileges(string service)
    {
        Assert.Equal("true", PublishedCompose.Text(service, "read_only"));
        Assert.Equal(["ALL"], PublishedCompose.List(service, "cap_drop"));
        Assert.Contains("no-new-privileges:true", PublishedCompose.List(service, "security_opt"));
        Assert.All(
            ["cap_add", "privileged", "devices", "pid", "ipc", "network_mode", "userns_mode", "volumes_from"],
            key => Assert.Null(PublishedCompose.At(service, key)));
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void It_runs_as_a_fixed_user_that_is_not_root(string service)
    {
        var user = PublishedCompose.Text(service, "user") ?? string.Empty;
        Assert.Matches("^[1-9][0-9]*:[1-9][0-9]*$", user);
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void Its_scratch_directory_is_bounded_memory_and_runs_nothing(string service)
    {
        var tmpfs = Assert.Single(PublishedCompose.List(service, "tmpfs"));
        Assert.All(["/tmp:", "size=", "noexec", "nosuid", "nodev"], part => Assert.Contains(part, tmpfs, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void Cpu_memory_processes_and_files_are_limited(string service)
    {
        Assert.Matches("^[0-9.]+$", Default(PublishedCompose.Text(service, "deploy", "resources", "limits", "cpus")));
        Assert.Matches("^[0-9]+[MG]$", Default(PublishedCompose.Text(service, "deploy", "resources", "limits", "memory")));
        Assert.InRange(int.Parse(PublishedCompose.Text(service, "pids_limit")!, CultureInfo.InvariantCulture), 64, 8192);
        Assert.NotNull(PublishedCompose.Text(service, "ulimits", "nofile", "hard"));
        Assert.Equal("0", PublishedCompose.Text(service, "ulimits", "core", "hard"));
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void Its_image_has_a_version(string service)
    {
        var image = Default(PublishedCompose.Text(service, "image"));
        Assert.Matches(@"^[a-z0-9./-]+:v?[0-9]+\.[0-9]+\.[0-9]+[a-z0-9.-]*$", image);
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void It_is_watched_restarted_and_its_logs_are_rotated(string service)
    {
        var check = PublishedCompose.List(service, "healthcheck", "test");
        Assert.Equal("CMD", check[0]);
        Assert.DoesNotContain("curl", check);
        Assert.All(["interval", "timeout", "retries", "start_period"], key => Assert.NotNull(PublishedCompose.Text(service, "healthcheck", key)));
        Assert.Equal("unless-stopped", PublishedCompose.Text(service, "restart"));
        Assert.Equal("json-file", PublishedCompose.Text(service, "logging", "driver"));
        Assert.NotNull(PublishedCompose.Text(service, "logging", "options", "max-size"));
        Assert.NotNull(PublishedCompose.Text(service, "logging", "options", "max-file"));
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void It_stores_in_named_volumes_and_only_reads_what_it_mounts_of_the_host(string service)
    {
        foreach (var mount in PublishedCompose.At(service, "volumes") as List<object> ?? [])
        {
            var settings = Assert.IsType<Dictionary<object, object>>(mount);
            var source = settings["source"].ToString()!;
            if (settings["type"].Equals("bind"))
            {
                Assert.StartsWith("./", source, StringComparison.Ordinal);
                Assert.Equal("true", settings["read_only"]);
            }
            else
            {
                Assert.Equal("volume", settings["type"]);
                Assert.Matches("^[a-z-]+$", source);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void Only_the_proxy_is_published_and_on_a_network_with_a_way_out(string service)
    {
        var outward = PublishedCompose.List(service, "networks").Where(n => (PublishedCompose.Networks[n].GetValueOrDefault("internal") as string) != "true");
        if (service == "proxy")
        {
            Assert.NotEmpty(PublishedCompose.List(service, "ports"));
            Assert.Equal(["edge"], outward);
        }
        else
        {
            Assert.Empty(PublishedCompose.List(service, "ports"));
            Assert.NotEmpty(PublishedCompose.List(service, "networks"));
            Assert.Empty(outward);
        }
    }

    [Fact]
    public void Clients_and_proxy_have_no_network_in_common()
    {
        Assert.Empty(PublishedCompose.List("client", "networks").Intersect(PublishedCompose.List("proxy", "networks")));
        Assert.NotEmpty(PublishedCompose.List("client", "networks").Intersect(PublishedCompose.List("server", "networks")));
    }

    [Fact]
    public void Clients_have_an_init_that_reaps_and_a_numbered_directory_each()
    {
        Assert.Equal("true", PublishedCompose.Text("client", "init"));
        Assert.Equal("on", PublishedCompose.Text("client", "environment", "DATA_SHARED"));
        Assert.Equal("3", PublishedCompose.Text("client", "deploy", "replicas"));
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void The_time_to_stop_is_longer_than_the_shutdown_takes(string service)
    {
        var shutdown = service switch
        {
            "server" => ServerOptions.Load(Settings(service), []).StopGrace,
            "client" => ClientOptions.Load(Settings(service), []) is var o ? o.DrainTime + o.KillGrace : default,
            _ => TimeSpan.FromSeconds(10), // what an engine gives who asks for nothing
        };
        var grace = PublishedCompose.Text(service, "stop_grace_period")!;
        Assert.True(TimeSpan.FromSeconds(int.Parse(grace.TrimEnd('s'), CultureInfo.InvariantCulture)) >= shutdown + TimeSpan.FromSeconds(10), grace);
    }

    [Theory]
    [InlineData("server")]
    [InlineData("client")]
    public void Its_settings_are_settings_the_program_knows(string service)
    {
        var page = Repository.Read("docs", "configuration.md");
        var ours = Settings(service).AsEnumerable().Select(s => s.Key).Where(k => !k.StartsWith("OTEL_", StringComparison.Ordinal) && k != "DOTNET_EnableDiagnostics");
        Assert.All(ours, key => Assert.Contains($"`{key.Replace("_EXAMPLE_", "_<NAME>_", StringComparison.Ordinal)}`", page, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void No_secret_is_written_out(string service)
    {
        var environment = PublishedCompose.At(service, "environment") as Dictionary<object, object> ?? [];
        Assert.All(
            environment.Where(e => SecretPattern().IsMatch(e.Key.ToString()!)),
            e => Assert.Matches(@"^\$\{[A-Z_]+:\?.+\}$", e.Value.ToString()));
    }

    [Fact]
    public void Every_line_of_the_env_file_is_documented_and_empty()
    {
        var entries = File.ReadAllText(Path.Combine(PublishedCompose.Directory, ".env")).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(entries);
        Assert.All(entries, entry => Assert.Matches(@"^# .+\n[A-Z_]+=$", entry));
    }

    [Fact]
    public void The_env_file_has_exactly_the_names_the_services_ask_for()
    {
        var text = File.ReadAllText(Path.Combine(PublishedCompose.Directory, "docker-compose.yaml"));
        var asked = new SortedSet<string>(ReferencePattern().Matches(text).Select(m => m.Groups[1].Value), StringComparer.Ordinal);
        var listed = File.ReadLines(Path.Combine(PublishedCompose.Directory, ".env")).Where(l => l.EndsWith('=')).Select(l => l[..^1]);
        Assert.Equal(asked, listed);
    }

    private static IConfiguration Settings(string service) => new ConfigurationBuilder().AddInMemoryCollection(
        ((Dictionary<object, object>)PublishedCompose.At(service, "environment")!).ToDictionary(e => (string)e.Key, e => (string?)Default((string)e.Value))).Build();

    /// <summary>A value as it is with an empty <c>.env</c> file.</summary>
    private static string Default(string? value) => ReferencePattern().Replace(value ?? string.Empty, m => m.Groups[2].Value);

    [GeneratedRegex(@"\$\{([A-Z_]+)(?::[-?]([^}]*))?\}")]
    private static partial Regex ReferencePattern();

    [GeneratedRegex("SECRET|PASSWORD|TOKEN|KEY", RegexOptions.IgnoreCase)]
    private static partial Regex SecretPattern();
}
