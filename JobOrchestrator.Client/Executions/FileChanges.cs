using System.Threading.Channels;

namespace JobOrchestrator.Client.Executions;

/// <summary>
/// Tells when a file that another process writes has changed, or may have: by the kernel's notice (inotify), by an end that was waited for, and
/// now and then in any case, for file systems that give no notice. What happens between two waits is one change.
/// </summary>
internal sealed class FileChanges : IDisposable
{
    /// <summary>Where notices come, nothing depends on it.</summary>
    private static readonly TimeSpan SafetyNet = TimeSpan.FromSeconds(1);

    /// <summary>Where the kernel has no notices to give (fs.inotify.max_user_instances is reached).</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _disposed = new();
    private readonly FileSystemWatcher? _watcher;
    private readonly ITimer _timer;

    /// <summary>Begins to watch.</summary>
    /// <param name="path">The file, which need not be there yet; its directory must be.</param>
    /// <param name="ended">Its end is a change, too.</param>
    /// <param name="clock">For the looks in between.</param>
    public FileChanges(string path, Task ended, TimeProvider clock)
    {
        _watcher = TryWatch(path);
        var pause = _watcher is null ? Interval : SafetyNet;
        _timer = clock.CreateTimer(_ => Tell(), null, pause, pause);
        ended.ContinueWith(_ => Tell(), _disposed.Token, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Waits for a change since the construction or the wait before.</summary>
    public async ValueTask NextAsync(CancellationToken cancellationToken) => await _signal.Reader.ReadAsync(cancellationToken);

    public void Dispose()
    {
        _disposed.Cancel(); // else an execution would keep all who ever followed it
        _disposed.Dispose();
        _watcher?.Dispose();
        _timer.Dispose();
    }

    private FileSystemWatcher? TryWatch(string path)
    {
        try
        {
            var watcher = new FileSystemWatcher(Path.GetDirectoryName(path)!, Path.GetFileName(path))
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.Size,
            };
            watcher.Created += (_, _) => Tell();
            watcher.Changed += (_, _) => Tell();
            watcher.Error += (_, _) => Tell();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            return null; // no notices left, or the directory was deleted a moment ago: the end tells
        }
    }

    private void Tell() => _signal.Writer.TryWrite(true);
}
