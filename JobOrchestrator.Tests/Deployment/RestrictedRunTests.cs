using System.IO.Compression;
using JobOrchestrator.AppHost.Standalone;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Deployment;

/// <summary>
/// Server and client under the restrictions of the published services, without a container engine: the fixed user, no capability, no way to get
/// one, a read-only root, a small scratch directory that runs nothing, one directory to write to, and the published environment.
/// </summary>
[Trait("Category", "Slow")]
public sealed class RestrictedRunTests : IDisposable
{
    /// <summary>Makes the restrictions in a mount namespace of its own, gives them up for good, and becomes the program.</summary>
    private const string Confine =
        """
        set -eu
        mount --make-rprivate /
        mount --bind "$1" /mnt
        mount --bind "$2" /media # wherever the programs were built: that may be a place others must not enter
        mount -t tmpfs -o size=64m,mode=1777,noexec,nosuid,nodev tmpfs /tmp
        mount -o remount,bind,ro /
        shift 2
        cd /
        exec setpriv --reuid=10001 --regid=10001 --clear-groups --bounding-set=-all --inh-caps=-all --ambient-caps=-all --no-new-privs env -i "$@"
        """;

    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _http = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _http.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task The_examples_run_as_the_fixed_user_without_capabilities_on_a_read_only_root()
    {
        Assert.SkipUnless(Environment.UserName == "root", "needs root, to give everything up that root has");
        Assert.SkipUnless(File.Exists("/usr/bin/setpriv"), "needs the package util-linux (eng/packages installs it)");
        var (serverPort, clientPort) = (FreePort.Choose(), FreePort.Choose());
        var secret = Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        await using var client = Start("client", $"PORT={clientPort}", "BIND=127.0.0.1", $"CLIENT_SECRET={secret}", "DATA_PATH=/mnt");
        await using var server = Start(
            "server", $"PORT={serverPort}", $"CLIENT_SECRET={secret}", "AUTH=off", $"SERVICE_EXAMPLE_CLIENTS=http://127.0.0.1:{clientPort}",
            "DB_PATH=/mnt/jobs.sqlite", "DATA_PATH=/mnt/jobs");
        _http.BaseAddress = new Uri($"http://127.0.0.1:{serverPort}");
        await HealthyAsync(server, _http.BaseAddress);
        await HealthyAsync(client, new Uri($"http://127.0.0.1:{clientPort}"));

        foreach (var run in (ProgramRun[])[server, client])
        {
            var status = await File.ReadAllLinesAsync($"/proc/{run.Id}/status", Cancellation);
            Assert.Contains("Uid:\t10001\t10001\t10001\t10001", status);
            Assert.All(["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"], set => Assert.Contains($"{set}:\t0000000000000000", status));
            Assert.Contains("NoNewPrivs:\t1", status);
            Assert.Contains(await File.ReadAllLinesAsync($"/proc/{run.Id}/mounts", Cancellation), m => m.Split(' ') is [_, "/", _, var o, ..] && o.StartsWith("ro,", StringComparison.Ordinal));
        }

        using var hello = await RunAsync("hello", "run.sh");
        Assert.NotNull(hello.GetEntry("stdout.log"));
        using var docking = await RunAsync("docking", "run.sh", "2oob_A.pdb", "2oob_B.pdb");
        using var contacts = new StreamReader(docking.GetEntry("contacts.csv")!.Open());
        await contacts.ReadLineAsync(Cancellation);
        Assert.Equal("A,ASN,931,B,LYS,6,2,4.537", await contacts.ReadLineAsync(Cancellation));
    }

    private ProgramRun Start(string service, params string[] settings)
    {
        var data = Path.Combine(_directory.Path, service);
        Directory.CreateDirectory(data);
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_101_101);
        var published = ((Dictionary<object, object>)PublishedCompose.At(service, "environment")!)
            .Where(e => !e.Key.ToString()!.StartsWith("OTEL_", StringComparison.Ordinal)) // nobody is there to push to
            .Where(e => !e.Value.ToString()!.StartsWith("${", StringComparison.Ordinal))
            .Select(e => $"{e.Key}={e.Value}");
        var program = service == "server" ? "JobOrchestrator.Server" : "JobOrchestrator.Client";
        return ProgramRun.Start(
            "unshare",
            [
                "--mount", "sh", "-c", $"chown 10001:10001 '{data}'\n{Confine}", "sh", data, AppContext.BaseDirectory,
                "PATH=/usr/bin:/bin", $"DOTNET_ROOT={DotnetRoot()}", "DOTNET_RUNNING_IN_CONTAINER=true",
                "ASPNETCORE_STATICWEBASSETS=/none", // a build names files in its builder's home; a published program has its own
                .. published, .. settings,
                "/media/" + program,
            ]);
    }

    private async Task HealthyAsync(ProgramRun run, Uri address)
    {
        while (!await HealthProbe.IsHealthyAsync(_http, new Uri(address, "/health"), Cancellation))
        {
            Assert.False(run.HasExited, run.Output);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancellation);
        }
    }

    private async Task<ZipArchive> RunAsync(string example, params string[] files)
    {
        using var form = new MultipartFormDataContent { { new StringContent("1"), "user_id" }, { new StringContent("example"), "service" } };
        foreach (var file in files)
        {
            form.Add(new ByteArrayContent(await File.ReadAllBytesAsync(Repository.PathOf("examples", example, file), Cancellation)), "file", file);
        }

        using var uploaded = await _http.PostAsync("/upload", form, Cancellation);
        var body = await uploaded.Content.ReadAsStringAsync(Cancellation);
        Assert.True(uploaded.IsSuccessStatusCode, body);
        var id = System.Text.Json.JsonDocument.Parse(body).RootElement.GetProperty("id").GetInt64();
        while (true)
        {
            using var answer = await _http.GetAsync($"/download/{id}", Cancellation);
            if (answer.Content.Headers.ContentType?.MediaType == "application/zip")
            {
                return new ZipArchive(new MemoryStream(await answer.Content.ReadAsByteArrayAsync(Cancellation)));
            }

            Assert.DoesNotMatch("\"(Failed|Invalid)\"", await answer.Content.ReadAsStringAsync(Cancellation));
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancellation);
        }
    }

    /// <summary>The runtime this test runs on.</summary>
    private static string DotnetRoot() => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
}
