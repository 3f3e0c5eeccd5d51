using System.Globalization;

namespace JobOrchestrator.Client.Executions;

/// <summary>
/// One of the numbered directories below a <c>DATA_PATH</c> that several clients share, as the replicas of one container do with its volume. A client
/// takes the lowest number nobody holds and keeps it locked while it lives, so that a successor finds what a dead one left and tidies it up, and
/// the number of directories never exceeds the number of clients there were at once. The kernel drops the lock with the process, however it ends.
/// </summary>
internal sealed class SharedDataDirectory : IDisposable
{
    private const int Most = 10_000;

    private readonly FileStream _lock;

    private SharedDataDirectory(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    /// <summary>The directory that is this client's own.</summary>
    public string Path { get; }

    /// <exception cref="ConfigurationException">The directory cannot be written to.</exception>
    public static SharedDataDirectory Claim(string root)
    {
        try
        {
            Directory.CreateDirectory(root);
            for (var number = 1; number <= Most; number++)
            {
                var path = System.IO.Path.Combine(root, number.ToString(CultureInfo.InvariantCulture));
                if (TryLock(path + ".lock") is { } held)
                {
                    Directory.CreateDirectory(path);
                    return new SharedDataDirectory(path, held);
                }
            }
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ConfigurationException([$"DATA_PATH: {e.Message} User {Environment.UserName} must be able to write there."]);
        }

        throw new ConfigurationException([$"DATA_PATH: all {Most} directories below {root} are in use by other clients."]);
    }

    public void Dispose() => _lock.Dispose();

    /// <summary>Null when another process holds it: that is what the runtime's <see cref="IOException"/> without a file error means here.</summary>
    private static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            return null;
        }
    }

    /// <summary>EWOULDBLOCK, of <c>flock</c>.</summary>
    private const int WouldBlock = 11;
}
