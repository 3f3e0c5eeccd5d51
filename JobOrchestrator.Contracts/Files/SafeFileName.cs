using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace JobOrchestrator.Contracts.Files;

/// <summary>Turns the names that come over the wire into names that stay where they are put.</summary>
public static class SafeFileName
{
    /// <summary>Longest name of one directory entry on the file systems we run on, in UTF-8 bytes.</summary>
    public const int MaxNameBytes = 255;

    /// <summary>Longest relative path accepted, in UTF-8 bytes.</summary>
    public const int MaxPathBytes = 2048;

    /// <summary>
    /// The base name of an uploaded file: whatever stands before the last <c>/</c> or <c>\</c> is dropped, so
    /// <c>../../evil.txt</c> is <c>evil.txt</c>. False when nothing usable is left, with the reason.
    /// </summary>
    public static bool TryGetBaseName(string fileName, [NotNullWhen(true)] out string? baseName, [NotNullWhen(false)] out string? problem)
    {
        var name = fileName[(fileName.LastIndexOfAny(['/', '\\']) + 1)..];
        problem = FindProblem(name);
        baseName = problem is null ? name : null;
        return problem is null;
    }

    /// <summary>
    /// A path relative to a job directory, as the client surface takes it. False, with the reason, when it is absolute, climbs out
    /// with <c>..</c>, has empty or unusable segments or is too long.
    /// </summary>
    public static bool TryGetRelativePath(string path, [NotNullWhen(true)] out string? relative, [NotNullWhen(false)] out string? problem)
    {
        relative = null;
        problem = Encoding.UTF8.GetByteCount(path) > MaxPathBytes ? $"path is longer than {MaxPathBytes} bytes" : null;
        foreach (var segment in path.Split('/'))
        {
            problem ??= FindProblem(segment);
        }

        if (problem is not null)
        {
            return false;
        }

        relative = path;
        return true;
    }

    private static string? FindProblem(string name)
    {
        if (name.Length == 0)
        {
            return "name is empty";
        }

        if (name is "." or "..")
        {
            return $"'{name}' is not a file name";
        }

        if (name.AsSpan().IndexOfAnyInRange('\0', '\x1f') >= 0 || name.Contains('\x7f'))
        {
            return "name contains control characters";
        }

        return Encoding.UTF8.GetByteCount(name) > MaxNameBytes ? $"name is longer than {MaxNameBytes} bytes" : null;
    }
}
