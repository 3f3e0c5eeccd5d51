using System.IO.Compression;

namespace JobOrchestrator.Server.Clients;

/// <summary>Whether a ZIP is whole, without reading its data: a ZIP's table of contents stands at its end, so one cut short has none.</summary>
internal static class ZipCheck
{
    /// <exception cref="InvalidDataException">The end or the table of contents is missing or does not fit.</exception>
    public static void ThrowIfTruncated(string path)
    {
        using var archive = ZipFile.OpenRead(path);
        _ = archive.Entries.Count; // reads the whole table of contents
    }
}
