namespace JobOrchestrator.Server.Jobs;

/// <summary>
/// Keeps some of the disk for the jobs there are: their results, and the database that notes their ends. New work is what is refused when
/// little is left.
/// </summary>
internal sealed class FreeSpace(ServerOptions options)
{
    /// <summary>Looks whether an upload may come in.</summary>
    /// <param name="announced">Bytes of the upload, where its sender said so.</param>
    /// <exception cref="UploadException">It would leave too little (507).</exception>
    public void ThrowIfShort(long? announced)
    {
        Check(options.DataPath, options.MinFreeBytes + (announced ?? 0));
        Check(Path.GetDirectoryName(options.DatabasePath)!, options.MinFreeBytes);
    }

    /// <summary>What a sender is told whose upload did not fit.</summary>
    public static UploadException Full(Exception? cause = null) =>
        new(StatusCodes.Status507InsufficientStorage, "The server's disk is full; nothing was stored. Try again later", cause);

    private void Check(string directory, long needed)
    {
        if (options.MinFreeBytes > 0 && new DriveInfo(directory).AvailableFreeSpace < needed)
        {
            throw Full();
        }
    }
}
