using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace JobOrchestrator.Benchmarks.Driver;

/// <summary>nginx as the receiver of a file by PUT, with a buffer as large as ours; the peer everybody knows. Null where it is not installed.</summary>
internal sealed class NginxUpload : IAsyncDisposable
{
    private static readonly string[] Programs = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"];

    private readonly Process _process;
    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Uri _address;

    private NginxUpload(Process process, Uri address)
    {
        _process = process;
        _address = address;
    }

    public static async Task<NginxUpload?> TryStartAsync(string directory, CancellationToken cancellation)
    {
        var program = Programs.FirstOrDefault(File.Exists);
        if (program is null)
        {
            return null;
        }

        var port = FreePort();
        var root = Directory.CreateDirectory(Path.Combine(directory, "nginx")).FullName;
        Directory.CreateDirectory(Path.Combine(root, "files"));
        var configuration = Path.Combine(root, "nginx.conf");
        await File.WriteAllTextAsync(configuration, string.Create(CultureInfo.InvariantCulture, $$"""
            daemon off; pid {{root}}/pid; error_log {{root}}/error.log;
            {{(Environment.UserName == "root" ? "user root;" : "")}}
            events { }
            http {
                access_log off; client_max_body_size 0; client_body_buffer_size 1m; client_body_temp_path {{root}}/body;
                proxy_temp_path {{root}}/proxy; fastcgi_temp_path {{root}}/fastcgi; uwsgi_temp_path {{root}}/uwsgi; scgi_temp_path {{root}}/scgi;
                server { listen 127.0.0.1:{{port}}; root {{root}}/files; location / { dav_methods PUT DELETE; } }
            }
            """), cancellation);
        var process = Process.Start(new ProcessStartInfo(program, ["-c", configuration, "-p", root]) { UseShellExecute = false })!;
        var upload = new NginxUpload(process, new Uri($"http://127.0.0.1:{port}/input.bin"));
        while (!await upload.AnswersAsync(cancellation))
        {
            if (process.HasExited)
            {
                Report.Progress($"nginx does not start here: {await File.ReadAllTextAsync(Path.Combine(root, "error.log"), cancellation)}");
                await upload.DisposeAsync();
                return null;
            }

            await Task.Delay(20, cancellation);
        }

        return upload;
    }

    /// <summary>Seconds until it has taken the file.</summary>
    public async Task<double> SecondsAsync(string file, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        using var content = new StreamContent(File.OpenRead(file), 1 << 20);
        using var answer = await _http.PutAsync(_address, content, cancellation);
        answer.EnsureSuccessStatusCode();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellation)
    {
        try
        {
            using var answer = await _http.GetAsync(_address, cancellation);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
