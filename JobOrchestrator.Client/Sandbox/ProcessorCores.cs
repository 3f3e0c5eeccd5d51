using System.Globalization;

namespace JobOrchestrator.Client.Sandbox;

/// <summary>
/// Which processor cores jobs are kept to, where no control group measures their time out: each gets those that the fewest others have. Safe for concurrent use.
/// </summary>
/// <param name="allowed">Numbers of the cores this client may use.</param>
internal sealed class ProcessorCores(IReadOnlyList<int> allowed)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, int> _jobs = allowed.ToDictionary(core => core, _ => 0);

    /// <summary>Those the kernel lets this process use.</summary>
    /// <param name="status"><c>/proc/self/status</c>.</param>
    public static ProcessorCores Detect(string status = "/proc/self/status")
    {
        const string list = "Cpus_allowed_list:";
        var line = File.ReadLines(status).FirstOrDefault(l => l.StartsWith(list, StringComparison.Ordinal));
        return new ProcessorCores(line is null ? [.. Enumerable.Range(0, Environment.ProcessorCount)] : Parse(line[list.Length..]));
    }

    /// <summary>Takes cores for a job, whole ones; none when it may use as many as there are.</summary>
    public IReadOnlyList<int> Take(double cpus)
    {
        if (cpus > _jobs.Count - 1)
        {
            return [];
        }

        lock (_lock)
        {
            int[] cores = [.. _jobs.OrderBy(c => c.Value).ThenBy(c => c.Key).Take((int)Math.Ceiling(cpus)).Select(c => c.Key).Order()];
            Count(cores, 1);
            return cores;
        }
    }

    /// <summary>Notes the cores of a job that was found running.</summary>
    public void Hold(IReadOnlyList<int> cores)
    {
        lock (_lock)
        {
            Count(cores, 1);
        }
    }

    /// <summary>Gives back what <see cref="Take"/> or <see cref="Hold"/> took.</summary>
    public void Release(IReadOnlyList<int> cores)
    {
        lock (_lock)
        {
            Count(cores, -1);
        }
    }

    private void Count(IReadOnlyList<int> cores, int jobs)
    {
        foreach (var core in cores.Where(_jobs.ContainsKey))
        {
            _jobs[core] += jobs;
        }
    }

    /// <summary>The kernel's way to write a list: <c>0-3,8</c>.</summary>
    private static List<int> Parse(string list) =>
    [
        .. list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).SelectMany(range =>
        {
            var ends = range.Split('-').Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
            return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
        }),
    ];
}
