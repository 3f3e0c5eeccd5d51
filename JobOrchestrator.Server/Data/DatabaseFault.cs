using JobOrchestrator.Contracts.Files;
using Microsoft.Data.Sqlite;

namespace JobOrchestrator.Server.Data;

/// <summary>What a failure of the database means to people.</summary>
internal static class DatabaseFault
{
    private const int Busy = 5;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int IoError = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int NotADatabase = 26;
    private const int SharedMemorySize = IoError | (19 << 8); // SQLITE_IOERR_SHMSIZE: no room for the index of the log

    /// <summary>Whether the disk had no room for it, or for a file.</summary>
    public static bool IsFullDisk(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is IOException io && DiskFull.IsCauseOf(io)
                || e is SqliteException { SqliteErrorCode: Full } or SqliteException { SqliteExtendedErrorCode: SharedMemorySize })
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The failure in words: what is wrong with the file, and how to mend it.</summary>
    public static StartException Explain(string path, SqliteException exception) => new(
        IsFullDisk(exception)
            ? $"There is no room on the disk for the database {path}. Free some, or let DB_PATH name a file on another disk."
            : exception.SqliteErrorCode switch
            {
                Busy or Locked =>
                    $"Another program holds the database {path} locked ({exception.Message}). Find it with 'fuser {path}', end it, and start again.",
                ReadOnly =>
                    $"The database {path} cannot be written to ({exception.Message}). Its file and its directory must belong to the server's user, "
                    + "on a file system that is not mounted read-only.",
                Corrupt or NotADatabase => Corrupted(path, exception.Message).Message,
                CannotOpen =>
                    $"The database {path} cannot be opened ({exception.Message}). It must be a file the server's user may read and write; see DB_PATH.",
                _ => $"The database {path} does not work: {exception.Message}. If the disk is sound, restore a backup with 'restore --from DIR'.",
            },
        exception);

    public static StartException Corrupted(string path, string findings) => new(
        $"The database {path} is damaged or no database at all: {findings}. Nothing was put in its place. Restore a backup with 'restore --from DIR', or save "
        + $"what can be read with 'sqlite3 {path} .recover'.");
}
