using System.ComponentModel;
using System.Diagnostics;

namespace JobOrchestrator.AppHost.Standalone;

/// <summary>A running resource: its process, and its output line by line on the console.</summary>
internal sealed class ResourceProcess : IDisposable
{
    /// <summary>What the host's own start was told and its children must not take for theirs.</summary>
    private static readonly string[] NotInherited =
    [
        "DOTNET_LAUNCH_PROFILE", "ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "JOBORCHESTRATOR_APPHOST_GUARDED",
    ];

    private readonly Process _process;

    private ResourceProcess(string name, Process process)
    {
        Name = name;
        _process = process;
    }

    public string Name { get; }

    /// <summary>Null while the process runs.</summary>
    public int? ExitCode => _process.HasExited ? _process.ExitCode : null;

    /// <summary>Starts a program.</summary>
    /// <exception cref="HostException">The program cannot be started.</exception>
    public static ResourceProcess Start(
        string name, string executable, IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string>> environment, Action<string> onLine)
    {
        var info = new ProcessStartInfo(executable)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(executable)!,
        };
        foreach (var argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        foreach (var key in NotInherited)
        {
            info.Environment.Remove(key);
        }

        foreach (var (key, value) in environment)
        {
            info.Environment[key] = value;
        }

        var process = new Process { StartInfo = info };
        process.OutputDataReceived += (_, e) => Forward(e.Data);
        process.ErrorDataReceived += (_, e) => Forward(e.Data);
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            throw new HostException($"Cannot start {name}: '{executable}': {e.Message}. 'dotnet build JobOrchestrator.sln' builds it.");
        }

        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new ResourceProcess(name, process);

        void Forward(string? line)
        {
            if (line is not null)
            {
                onLine(line);
            }
        }
    }

    /// <summary>Ends when the process has, and all its output has been forwarded.</summary>
    public Task WaitForExitAsync(CancellationToken cancellation = default) => _process.WaitForExitAsync(cancellation);

    /// <summary>Asks the process to end.</summary>
    public void Terminate()
    {
        if (!_process.HasExited)
        {
            Descendants.Terminate(_process.Id);
        }
    }

    public void Kill() => _process.Kill();

    public void Dispose() => _process.Dispose();
}
