using System.Data.Common;

namespace JobOrchestrator.Server.Data;

/// <summary>
/// Whether a commit waits for the disk. The log is written in order, so the next commit that waits takes all earlier ones with it: what a power
/// cut can take is only the latest of those that did not.
/// </summary>
internal static class CommitDurability
{
    /// <summary>For the connection's transactions from now on; not within one.</summary>
    public static void Set(DbConnection connection, bool durable)
    {
        using var command = connection.CreateCommand();
        command.CommandText = durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL";
        command.ExecuteNonQuery();
    }
}
