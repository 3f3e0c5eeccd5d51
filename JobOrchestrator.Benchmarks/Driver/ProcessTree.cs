using System.Globalization;

namespace JobOrchestrator.Benchmarks.Driver;

/// <summary>Who descends from whom, by <c>/proc</c>.</summary>
internal static class ProcessTree
{
    public static IReadOnlyList<(int Id, string Name)> DescendantsOf(int ancestor)
    {
        var children = All().ToLookup(p => p.Parent);
        var found = new List<(int Id, string Name)>();
        var pending = new Queue<int>([ancestor]);
        while (pending.TryDequeue(out var parent))
        {
            foreach (var child in children[parent])
            {
                found.Add((child.Id, child.Name));
                pending.Enqueue(child.Id);
            }
        }

        return found;
    }

    private static IEnumerable<(int Id, int Parent, string Name)> All()
    {
        foreach (var path in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                continue;
            }

            string stat;
            try
            {
                stat = File.ReadAllText(path + "/stat");
            }
            catch (IOException)
            {
                continue; // it ended between the two looks
            }

            var (open, close) = (stat.IndexOf('('), stat.LastIndexOf(')'));
            var parent = stat[(close + 2)..].Split(' ')[1];
            yield return (id, int.Parse(parent, CultureInfo.InvariantCulture), stat[(open + 1)..close]);
        }
    }
}
