namespace JobOrchestrator.Server.Data;

/// <summary>
/// Whoever holds it is the one server (or the one command) that writes to a database and its files. A lock of the operating system on a file beside
/// the database: it ends with the process that holds it, however that ends, so none is ever left over.
/// </summary>
internal sealed class InstanceLock : IDisposable
{
    private readonly FileStream _file;

    private InstanceLock(FileStream file) => _file = file;

    public static string PathOf(string databasePath) => databasePath + ".lock";

    /// <summary>Null when somebody else holds it.</summary>
    /// <exception cref="IOException">The file cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be created.</exception>
    public static InstanceLock? TryTake(string databasePath)
    {
        try
        {
            return new InstanceLock(new FileStream(PathOf(databasePath), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
        }
        catch (IOException e) when ((e.HResult & 0xFFFF) == WouldBlock)
        {
            return null;
        }
    }

    public void Dispose() => _file.Dispose();

    private const int WouldBlock = 11; // EWOULDBLOCK
}
