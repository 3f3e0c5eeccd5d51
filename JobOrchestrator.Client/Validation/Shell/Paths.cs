using System.Collections.Frozen;

namespace JobOrchestrator.Client.Validation.Shell;

/// <summary>Says where paths lead.</summary>
internal static class Paths
{
    private static readonly FrozenSet<string> Temporary =
        FrozenSet.Create(StringComparer.Ordinal, "/tmp", "/var/tmp", "/dev/shm", "/scratch", "/localscratch", "/local/scratch", "/run/user");

    private static readonly FrozenSet<string> SystemDirectories = FrozenSet.Create(
        StringComparer.Ordinal, "etc", "usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "boot", "dev", "sys", "proc", "root", "var", "run", "snap");

    /// <summary>The path as an absolute one where that is known, without <c>.</c>, <c>..</c> and double slashes. Starts with <see cref="Mark.Job"/> inside the job's directory.</summary>
    /// <param name="path">As the script has it.</param>
    /// <param name="directory">Where the script is: a path of this form, or one that starts with <see cref="Mark.Unknown"/>.</param>
    public static string Normalize(string path, string directory)
    {
        if (path.Length > 1 && path[0] == Mark.Hidden)
        {
            path = path.TrimStart(Mark.Hidden); // a path that was decoded leads where it leads
        }

        if (path.Length == 0)
        {
            return directory;
        }

        var full = path[0] is '/' or Mark.Home or Mark.Scratch or Mark.Job or Mark.Unknown or Mark.Hidden ? path : directory + "/" + path;
        if (!full.Contains("//", StringComparison.Ordinal) && !full.Contains("/.", StringComparison.Ordinal))
        {
            return full.Length > 1 && full[^1] == '/' ? full[..^1] : full;
        }

        var kept = new List<string>();
        var root = full[0] == '/' ? "" : full[..(full.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0 ? slash : full.Length)];
        foreach (var part in full[root.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".." && kept.Count > 0 && kept[^1] != "..")
            {
                kept.RemoveAt(kept.Count - 1);
            }
            else if (part != "." && !(part == ".." && root.Length == 0))
            {
                kept.Add(part);
            }
        }

        return kept.Count == 0 && root.Length == 0 ? "/" : root + string.Concat(kept.Select(k => "/" + k));
    }

    /// <summary>Where a normalised path leads.</summary>
    public static Place PlaceOf(string path)
    {
        switch (path[0])
        {
            case Mark.Job:
            case Mark.Scratch:
                return path.StartsWith(path[0] + "/..", StringComparison.Ordinal) ? Place.Above : Place.Own;
            case Mark.Home:
                return Place.Home;
            case '/':
                break;
            default:
                return Place.Unknown;
        }

        if (path.Length == 1 || path[1] is Mark.Star or Mark.Question or Mark.Bracket)
        {
            return Place.Root;
        }

        var end = path.IndexOf('/', 1);
        var first = end < 0 ? path[1..] : path[1..end];
        if (IsTemporary(path))
        {
            return Place.Own;
        }

        return SystemDirectories.Contains(first) ? Place.System : Place.Elsewhere;
    }

    /// <summary>Last component of a path.</summary>
    public static string BaseName(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>Something named inside a directory for temporary files, and not all that is in it.</summary>
    private static bool IsTemporary(string path)
    {
        foreach (var directory in Temporary)
        {
            if (path.StartsWith(directory, StringComparison.Ordinal) && path.Length > directory.Length + 1 && path[directory.Length] == '/'
                && path[directory.Length + 1] is not (Mark.Star or Mark.Question or Mark.Bracket or '.'))
            {
                return true;
            }
        }

        return false;
    }
}
