using System.Diagnostics;

namespace JobOrchestrator.Benchmarks.Driver;

/// <summary>A process of the system under test, with what it costs.</summary>
internal sealed class MeasuredProcess : IAsyncDisposable
{
    private const double Mebibyte = 1 << 20;

    private readonly Process _process;
    private readonly string _log;

    private MeasuredProcess(Process process, string log)
    {
        _process = process;
        _log = log;
    }

    public int Id => _process.Id;

    /// <summary>CPU time so far; among the children's is that of descendants that live, such as the fork server, and of theirs that they waited for.</summary>
    public CpuTime Cpu
    {
        get
        {
            var own = CpuTime.Of(_process.Id);
            var below = ProcessTree.DescendantsOf(_process.Id).Select(p => CpuTime.TryOf(p.Id)).OfType<CpuTime>().Sum(c => c.Own + c.Children);
            return own with { Children = own.Children + below };
        }
    }

    /// <summary>Peak resident memory in MiB since the last <see cref="ResetPeak"/>.</summary>
    public double PeakMiB => ProcessMemory.Peak(_process.Id) / Mebibyte;

    /// <summary>Resident memory in MiB.</summary>
    public double ResidentMiB => ProcessMemory.Resident(_process.Id) / Mebibyte;

    /// <summary>Starts a program; its output goes to a file beside its data.</summary>
    public static MeasuredProcess Start(string program, string directory, IReadOnlyDictionary<string, string> environment)
    {
        var log = Path.Combine(directory, Path.GetFileName(program) + ".log");
        var info = new ProcessStartInfo("bash") { UseShellExecute = false };
        info.ArgumentList.Add("-c");
        info.ArgumentList.Add("exec \"$0\" >\"$1\" 2>&1");
        info.ArgumentList.Add(program);
        info.ArgumentList.Add(log);
        foreach (var (key, value) in environment)
        {
            info.Environment[key] = value;
        }

        return new MeasuredProcess(Process.Start(info)!, log);
    }

    /// <summary>Lets the peak begin again from what is resident now.</summary>
    public void ResetPeak() => ProcessMemory.ResetPeak(_process.Id);

    /// <summary>Waits until the address answers 200.</summary>
    public async Task HealthyAsync(Uri address, CancellationToken cancellation)
    {
        using var http = new HttpClient();
        while (true)
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException($"It ended with exit code {_process.ExitCode}: {await File.ReadAllTextAsync(_log, cancellation)}");
            }

            try
            {
                using var answer = await http.GetAsync(address, cancellation);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Nobody listens yet.
            }

            await Task.Delay(20, cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Not Kill(entireProcessTree: true): that looks through all of /proc once per descendant, minutes for hundreds of running jobs.
        var descendants = ProcessTree.DescendantsOf(_process.Id);
        _process.Kill();
        foreach (var (id, _) in descendants)
        {
            try
            {
                using var descendant = Process.GetProcessById(id);
                descendant.Kill();
            }
            catch (ArgumentException)
            {
                // It has ended with its parent.
            }
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
