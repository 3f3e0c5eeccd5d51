using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Spectre.Console;

namespace JobOrchestrator.Benchmarks;

/// <summary>The figures, as a Markdown table; each is also shown as soon as it is known.</summary>
internal sealed class Report
{
    private readonly List<(string What, string Figure, string Against)> _rows = [];
    private readonly List<(string What, double Ratio, Goal Goal)> _ratios = [];

    public static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    /// <summary>Adds a figure.</summary>
    /// <param name="what">The work measured.</param>
    /// <param name="figure">The figure with its unit.</param>
    /// <param name="against">What it is held against, and the ratio.</param>
    public void Add(string what, string figure, string against = "")
    {
        _rows.Add((what, figure, against));
        AnsiConsole.MarkupLineInterpolated($"[green]{what}[/]: {figure} [grey]{against}[/]");
    }

    /// <summary>Notes a ratio to the physical limit, of the same run, and what it should be at least.</summary>
    public void AddRatio(string what, double ratio, Goal goal)
    {
        _ratios.Add((what, ratio, goal));
        Add(what, Invariant($"{ratio:0.000}"), Invariant($"at least {goal.Target:0.00}: {(ratio >= goal.Target ? "met" : "missed")}; on record {goal.Record:0.000}"));
    }

    /// <summary>Ratios under their floor: not the machine's mood, but something that broke.</summary>
    public IReadOnlyList<string> Broken() =>
        [.. _ratios.Where(r => r.Ratio < r.Goal.Floor).Select(r => Invariant($"{r.What}: {r.Ratio:0.000} is under the floor of {r.Goal.Floor:0.000}"))];

    /// <summary>Something the reader should see now, and not in the report.</summary>
    public static void Progress(string text) => AnsiConsole.MarkupLineInterpolated($"[grey]{text}[/]");

    public string ToMarkdown()
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"Machine: {Machine()}\n\n| work | figure | against |\n|---|---|---|\n");
        foreach (var (what, figure, against) in _rows)
        {
            page.Append(CultureInfo.InvariantCulture, $"| {what} | {figure} | {against} |\n");
        }

        return page.ToString();
    }

    /// <summary>The report as the page kept in <c>docs/</c>.</summary>
    public string ToPage() => $"""
        # Performance

        Written by `dotnet run -c Release --project JobOrchestrator.Benchmarks -- all --output docs/performance.md`: a real server and a real client,
        driven over HTTP on the same machine as the driver. Machines differ and drift; the ratios to what the machine does without us, measured in
        between, are what counts.

        {ToMarkdown()}
        """;

    private static string Machine()
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30);
        var kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim().Split('-')[0];
        return Invariant($"{Environment.ProcessorCount} cores ({RuntimeInformation.OSArchitecture}), {memory:0} GiB, Linux {kernel}, .NET {Environment.Version}.");
    }
}
