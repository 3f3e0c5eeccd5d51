namespace JobOrchestrator.Client.Sandbox;

/// <summary>
/// The readable part of <c>/etc</c> as a directory of its own, so that a namespace needs one mount for it and not fifty. Made anew at every start.
/// </summary>
internal static class SettingsCopy
{
    private const int MaxDepth = 8;
    private const long MaxFileBytes = 16 << 20;

    /// <summary>Writes it.</summary>
    public static void Write(string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }

        Directory.CreateDirectory(directory);
        foreach (var name in ReadablePaths.Settings)
        {
            var target = Path.Combine(directory, name);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            Copy(Path.Combine("/etc", name), target, MaxDepth);
        }
    }

    private static void Copy(string source, string target, int depth)
    {
        try
        {
            if (new FileInfo(source).LinkTarget is { } link && LeadsToPrograms(source, link))
            {
                File.CreateSymbolicLink(target, link);
            }
            else if (Directory.Exists(source))
            {
                CopyDirectory(source, target, depth);
            }
            else if (File.Exists(source) && new FileInfo(source).ResolveLinkTarget(returnFinalTarget: true) is var final
                && new FileInfo(final?.FullName ?? source).Length <= MaxFileBytes)
            {
                File.Copy(source, target);
            }
        }
        catch (UnauthorizedAccessException)
        {
            // What the client may not read, its jobs need not either.
        }
        catch (FileNotFoundException)
        {
            // A link that leads nowhere.
        }
    }

    private static void CopyDirectory(string source, string target, int depth)
    {
        Directory.CreateDirectory(target);
        foreach (var entry in depth > 0 ? Directory.EnumerateFileSystemEntries(source) : [])
        {
            Copy(entry, Path.Combine(target, Path.GetFileName(entry)), depth - 1);
        }
    }

    /// <summary>Whether the link works inside as it does outside.</summary>
    private static bool LeadsToPrograms(string source, string link)
    {
        var target = Path.GetFullPath(link, Path.GetDirectoryName(source)!);
        return ReadablePaths.Programs.Any(p => ReadablePaths.IsBeneath(target, p)) || (!Path.IsPathRooted(link) && Path.GetDirectoryName(target) == Path.GetDirectoryName(source));
    }
}
