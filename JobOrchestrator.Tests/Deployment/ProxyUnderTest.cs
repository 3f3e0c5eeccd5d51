using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using JobOrchestrator.AppHost.Standalone;
using JobOrchestrator.Tests.Support;

namespace JobOrchestrator.Tests.Deployment;

/// <summary>
/// A real nginx with the published configuration, started by the published script, with a certificate of the published script. Only addresses and
/// places are other ones than in a container. As there it is user 101 without any capability, where the tests may say so.
/// </summary>
internal sealed class ProxyUnderTest : IAsyncDisposable
{
    private const string Nginx = "/usr/sbin/nginx";

    private readonly TemporaryDirectory _directory = new();
    private readonly int _http = FreePort.Choose();
    private readonly int _https = FreePort.Choose();
    private ProgramRun? _run;

    public Uri Http => new($"http://localhost:{_http}");

    public Uri Https => new($"https://localhost:{_https}");

    public string Scratch => Path.Combine(_directory.Path, "scratch");

    public string Certificate => Path.Combine(_directory.Path, "certificates", "server.crt");

    public static Task<ProxyUnderTest> StartAsync(string upstream, params (string Name, string Value)[] settings) => StartAsync(upstream, certificates: null, settings);

    /// <summary>With the certificate of a directory, or with null one of its own for <c>localhost</c>.</summary>
    public static async Task<ProxyUnderTest> StartAsync(string upstream, string? certificates, params (string Name, string Value)[] settings)
    {
        Assert.SkipUnless(File.Exists(Nginx), "needs the package nginx-light (eng/packages installs it)");
        var proxy = new ProxyUnderTest();
        try
        {
            await proxy.StartNginxAsync(upstream, certificates, settings);
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client that trusts the proxy's certificate and nothing else, calling from an address of its own.</summary>
    public HttpClient CreateClient(string from = "127.0.0.1", Version? version = null)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            MaxConnectionsPerServer = 16,
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        var expected = File.ReadAllText(Certificate);
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) == 0 // the name must fit
            && certificate is System.Security.Cryptography.X509Certificates.X509Certificate2 c && c.ExportCertificatePem().Trim() == expected.Trim();
        return new HttpClient(handler)
        {
            BaseAddress = Https,
            DefaultRequestVersion = version ?? HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = TimeSpan.FromMinutes(3),
        };
    }

    public async ValueTask DisposeAsync()
    {
        if (_run is not null)
        {
            await _run.DisposeAsync();
        }

        _directory.Dispose();
    }

    private async Task StartNginxAsync(string upstream, string? certificates, (string Name, string Value)[] settings)
    {
        var configuration = Path.Combine(_directory.Path, "nginx");
        Directory.CreateDirectory(configuration);
        Directory.CreateDirectory(Scratch);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(PublishedCompose.Directory, "nginx")))
        {
            File.WriteAllText(Path.Combine(configuration, Path.GetFileName(file)), File.ReadAllText(file).Replace("/tmp/nginx", Scratch, StringComparison.Ordinal));
        }

        var path = Path.Combine(configuration, "nginx.conf");
        var text = await File.ReadAllTextAsync(path);
        foreach (var (published, here) in (IEnumerable<(string, string)>)[
            ("listen 8080;", $"listen 127.0.0.1:{_http};"),
            ("listen 8443 ", $"listen 127.0.0.1:{_https} "),
            ("http://server:5000", upstream),
            ("http://grafana:3000", upstream),
            ("/dev/stdout", Path.Combine(Scratch, "access.log")), // a test's output is a pipe of somebody else, which user 101 may not open
            ("/etc/joborchestrator-certificates", Path.Combine(_directory.Path, "certificates"))])
        {
            Assert.Contains(published, text, StringComparison.Ordinal);
            text = text.Replace(published, here, StringComparison.Ordinal);
        }

        await File.WriteAllTextAsync(path, text);
        if (certificates is null)
        {
            await RunAsync("sh", Path.Combine(configuration, "make-certificate.sh"), Path.GetDirectoryName(Certificate)!, "localhost", "127.0.0.1");
        }
        else
        {
            await RunAsync("cp", "-r", certificates, Path.GetDirectoryName(Certificate)!);
        }

        string[] command = ["sh", Path.Combine(configuration, "start.sh")];
        if (Environment.UserName == "root")
        {
            await RunAsync("chown", "-R", "101:101", _directory.Path);
            command = ["setpriv", "--reuid=101", "--regid=101", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", .. command];
        }

        _run = ProgramRun.Start(command[0], command[1..], settings.ToDictionary(s => s.Name, s => s.Value));
        await WaitUntilItAnswersAsync();
    }

    private async Task WaitUntilItAnswersAsync()
    {
        using var http = new HttpClient();
        while (true)
        {
            try
            {
                Assert.Equal("ok\n", await http.GetStringAsync(new Uri(Http, "/proxy-health"), TestContext.Current.CancellationToken));
                return;
            }
            catch (HttpRequestException) when (!_run!.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
            }
            catch (HttpRequestException)
            {
                throw new InvalidOperationException($"nginx did not start:\n{_run!.Output}");
            }
        }
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        await using var run = ProgramRun.Start(program, arguments);
        Assert.True(await run.ExitAsync(TestContext.Current.CancellationToken) == 0, run.Output);
    }
}
