namespace JobOrchestrator.Contracts.Files;

/// <summary>Tells a full disk from other failures.</summary>
public static class DiskFull
{
    private const int NoSpaceLeft = 28;    // ENOSPC
    private const int QuotaExceeded = 122; // EDQUOT

    /// <summary>Whether the file system had no room, or the quota was used up: the runtime keeps the system's error code in such an exception.</summary>
    public static bool IsCauseOf(IOException exception) => (exception.HResult & 0xFFFF) is NoSpaceLeft or QuotaExceeded;
}
