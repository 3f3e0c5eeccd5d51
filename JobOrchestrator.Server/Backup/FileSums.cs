namespace JobOrchestrator.Server.Backup;

/// <summary>A file of SHA-256 sums as <c>sha256sum</c> writes and checks it: sum, two spaces, path. Uploads have no names that would need escapes in it.</summary>
internal static class FileSums
{
    private const int HexDigits = 64;

    /// <summary>Path → sum.</summary>
    /// <exception cref="BackupException">It cannot be read.</exception>
    public static Dictionary<string, string> Read(string file)
    {
        try
        {
            return File.ReadLines(file).ToDictionary(line => line[(HexDigits + 2)..], line => line[..HexDigits], StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            throw new BackupException($"{file} cannot be read: {e.Message}", e);
        }
    }

    public static void Write(string file, IEnumerable<KeyValuePair<string, string>> sums) =>
        File.WriteAllLines(file, sums.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Value}  {s.Key}"));
}
