using System.IO.Compression;
using System.Text;

namespace JobOrchestrator.Contracts.Files;

/// <summary>
/// Writes a directory as a ZIP straight to a stream: nothing is held in memory or in a temporary file, and the target need not seek.
/// <para>
/// The directory is a job's, so nothing in it is believed (<see cref="UntrustedTree"/>). Regular files keep their permission bits, but not
/// set-user-id and its relatives. Symbolic links are stored as links when they lead to something in the directory, and are never followed. Left out,
/// and listed in the entry <see cref="NotesEntryName"/>, is what cannot be stored (FIFOs, sockets, devices, unreadable files), what leads or
/// belongs elsewhere (links out of the directory, files that have a name outside of it), and what is beyond the limits.
/// </para>
/// </summary>
public static class DirectoryZip
{
    /// <summary>Entry that lists what was left out or stored differently, and why; absent when everything was stored as it is.</summary>
    public const string NotesEntryName = "orchestrator-notes.txt";

    /// <summary>Writes all of <paramref name="directory"/>, then <paramref name="extraFiles"/> (entry name → path) that do not collide.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    public static async Task WriteAsync(
        string directory,
        Stream target,
        IReadOnlyList<(string EntryName, string Path)> extraFiles,
        CancellationToken cancellationToken,
        CollectionLimits? limits = null)
    {
        using var tree = new UntrustedTree(directory);
        var archive = await ZipArchive.CreateAsync(target, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8, cancellationToken);
        using (var writer = new TreeZipWriter(tree, archive, limits ?? CollectionLimits.Default))
        {
            await writer.WriteTreeAsync(cancellationToken);
            foreach (var (entryName, path) in extraFiles)
            {
                await writer.WriteExtraAsync(entryName, path, cancellationToken);
            }

            await writer.WriteNotesAsync(cancellationToken);
        }

        // Not in a finally: an archive that was cut short must not get a valid ending.
        await archive.DisposeAsync();
    }
}
