using System.Globalization;
using JobOrchestrator.Contracts.Files;

namespace JobOrchestrator.Server.Telemetry;

/// <summary>
/// When the latest backup succeeded: a file beside the data, for backups are made by another process. What is kept on the backup's own disk
/// cannot be asked, as that may be gone.
/// </summary>
internal static class BackupMark
{
    private const string FileName = "last-backup";

    /// <summary>Notes a success.</summary>
    public static void Write(ServerOptions options, DateTimeOffset at) => DurableFile.Replace(
        Path.Combine(options.DataPath, FileName), System.Text.Encoding.ASCII.GetBytes(at.ToString("O", CultureInfo.InvariantCulture)));

    /// <summary>Null when there has been none.</summary>
    public static DateTimeOffset? Read(ServerOptions options)
    {
        try
        {
            var text = File.ReadAllText(Path.Combine(options.DataPath, FileName));
            return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var at) ? at : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
