using System.Diagnostics;
using System.Text;
using System.Threading.Channels;

namespace JobOrchestrator.Tests.Support;

/// <summary>A program under test as a real process: its output is read line by line, and it never outlives the test.</summary>
internal sealed class ProgramRun : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private int _closed;
    private int _disposed;

    private ProgramRun(Process process) => _process = process;

    public int Id => _process.Id;

    public int ExitCode => _process.ExitCode;

    public bool HasExited => _process.HasExited;

    /// <summary>Both output streams so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static ProgramRun Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var info = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
        {
            info.Environment[key] = value;
        }

        var run = new ProgramRun(new Process { StartInfo = info });
        run._process.OutputDataReceived += (_, e) => run.Take(e.Data);
        run._process.ErrorDataReceived += (_, e) => run.Take(e.Data);
        run._process.Start();
        run._process.StandardInput.Close();
        run._process.BeginOutputReadLine();
        run._process.BeginErrorReadLine();
        return run;
    }

    /// <summary>Waits for a line that contains <paramref name="text"/>; lines before it are gone for later calls.</summary>
    public async Task<string> LineAsync(string text, CancellationToken cancellation)
    {
        try
        {
            await foreach (var line in _lines.Reader.ReadAllAsync(cancellation))
            {
                if (line.Contains(text, StringComparison.Ordinal))
                {
                    return line;
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"No line with '{text}' in:\n{Output}");
        }

        throw new InvalidOperationException($"The program ended without a line with '{text}':\n{Output}");
    }

    /// <summary>Waits for the end and all output, and returns the exit code.</summary>
    public async Task<int> ExitAsync(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            if (Interlocked.Increment(ref _closed) == 2)
            {
                _lines.Writer.TryComplete(); // both streams are at their end, and nobody needs to wait for more
            }

            return;
        }

        lock (_output)
        {
            _output.AppendLine(line);
        }

        _lines.Writer.TryWrite(line);
    }
}
