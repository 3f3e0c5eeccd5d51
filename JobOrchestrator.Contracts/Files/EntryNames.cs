using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace JobOrchestrator.Contracts.Files;

/// <summary>Names of an archive's entries: every one once, and none that a program could misunderstand as a way out of the directory.</summary>
internal sealed class EntryNames
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>
    /// The entry name for a path of the file system. Bytes that are no UTF-8 become U+FFFD and backslashes, which some programs take for
    /// slashes, become <c>_</c>; what collides then gets a number.
    /// </summary>
    /// <returns>The name, and whether it differs from the path.</returns>
    public (string Name, bool Changed) Take(ReadOnlySpan<byte> path)
    {
        var plain = Utf8.IsValid(path) && !path.Contains((byte)'\\');
        var name = Encoding.UTF8.GetString(path);
        return plain && _taken.Add(name) ? (name, false) : (TakeFree(name.Replace('\\', '_')), true);
    }

    /// <summary>A free name like this one.</summary>
    public string TakeFree(string name)
    {
        var free = name;
        for (var number = 2; !_taken.Add(free); number++)
        {
            free = $"{name}~{number}";
        }

        return free;
    }

    public bool IsTaken(string name) => _taken.Contains(name);

    /// <summary>A path as a line of text may show it.</summary>
    public static string Describe(ReadOnlySpan<byte> path)
    {
        var text = new StringBuilder();
        foreach (var rune in Encoding.UTF8.GetString(path).EnumerateRunes())
        {
            if (Rune.IsControl(rune))
            {
                text.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}");
            }
            else
            {
                text.Append(rune);
            }
        }

        return text.ToString();
    }
}
