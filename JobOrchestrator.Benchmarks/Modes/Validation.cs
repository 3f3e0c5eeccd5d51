using System.Diagnostics;
using System.Text;
using JobOrchestrator.Client.Validation;

namespace JobOrchestrator.Benchmarks.Modes;

/// <summary>How long a script waits for its verdict: one as people write it, and the largest there may be, in several shapes.</summary>
internal static class Validation
{
    private const double LargestMilliseconds = 500;
    private const double TypicalMilliseconds = 0.2;

    /// <summary>About 50 lines with what such scripts have: functions, loops, here-documents, quoting, traps.</summary>
    private const string Typical = """
        #!/bin/bash
        # Docks every ligand against the receptor and ranks the poses.
        set -euo pipefail
        trap 'echo "$?" > .orchestrator.exit' EXIT

        receptor=receptor.pdbqt
        out=${OUT:-poses}
        work=$(mktemp -d)
        mkdir -p "$out" logs

        log() { printf '[%s] %s\n' "$(date +%T)" "$*" >> run.log; }

        cat > box.txt <<BOX
        center_x = 12.5
        center_y = -3.1
        center_z = 7.75
        size_x = 20
        size_y = 20
        size_z = 20
        exhaustiveness = ${EXHAUSTIVENESS:-8}
        BOX

        if [ ! -s "$receptor" ]; then
          log "no receptor"
          exit 2
        fi

        for ligand in ligands/*.pdbqt; do
          name=$(basename "$ligand" .pdbqt)
          log "docking $name"
          if ! ./vina --receptor "$receptor" --ligand "$ligand" --config box.txt --out "$out/${name}_out.pdbqt" > "logs/$name.log" 2>&1; then
            echo "$name" >> failed.txt
            continue
          fi
          awk '/^ +1 / { print $2 }' "logs/$name.log" | while read -r energy; do
            echo "$name $energy" >> "$work/energies.txt"
          done
        done

        sort -k2,2g "$work/energies.txt" > ranking.txt
        head -n 10 ranking.txt | while IFS=' ' read -r name energy; do
          cp "$out/${name}_out.pdbqt" "top_${name}.pdbqt"
        done
        python3 - ranking.txt <<'PY'
        import statistics, sys
        energies = [float(line.split()[1]) for line in open(sys.argv[1])]
        print(len(energies), statistics.mean(energies))
        PY
        rm -rf "$work" logs/*.tmp
        tar -czf poses.tar.gz "$out"
        """;

    public static Task MeasureAsync(RunContext context)
    {
        Measure(context, $"verdict on a typical script ({Typical.Split('\n').Length} lines)", Encoding.UTF8.GetBytes(Typical), 2000, TypicalMilliseconds);
        foreach (var (shape, line) in new[]
        {
            ("plain commands", "./analyse --input data/frame_0001.dat --output results/frame_0001.csv\n"),
            ("quotes, variables and redirections", "name=\"frame_$i\"; ./analyse --input \"data/$name.dat\" > 'results/x.csv' 2>&1 || echo \"failed: $name\"\n"),
            ("very short commands", "a b\n"),
            ("comments", "# nothing to be seen here, only a comment of usual length\n"),
            ("loops with substitutions", "for f in a b; do n=$(basename \"$f\" .x); echo \"$n\" | ./t > \"$n.out\"; done\n"),
            ("here-documents", "cat > conf.txt <<EOF\nkey = 1\nother = $x\nEOF\n"),
        })
        {
            Measure(context, $"verdict on 20 MiB of {shape}", Fill(line, ""), 3, LargestMilliseconds);
        }

        Measure(context, "verdict on 20 MiB in one here-document", Fill("ATOM      1  N   MET A   1      38.428  13.104   6.364\n", "cat > a.pdb <<'EOF'\n"), 3, LargestMilliseconds);
        return Task.CompletedTask;
    }

    private static byte[] Fill(string line, string before) => Encoding.UTF8.GetBytes(
        new StringBuilder(before, (int)ScriptValidator.MaxScriptBytes).Insert(before.Length, line, (int)((ScriptValidator.MaxScriptBytes - before.Length) / line.Length)).ToString());

    private static void Measure(RunContext context, string what, byte[] script, int times, double limit)
    {
        var measured = new List<double>();
        var (peak, findings) = (0L, 0);
        for (var round = 0; round <= context.Rounds; round++)
        {
            for (var i = 0; i < times; i++)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                var before = GC.GetTotalMemory(forceFullCollection: i == 0);
                var started = Stopwatch.GetTimestamp();
                findings = ScriptValidator.Validate(script, RuleSet.Default).Count;
                var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                if (round > 0)
                {
                    measured.Add(elapsed);
                    peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false) - before);
                }
            }
        }

        context.Report.Add(
            what,
            Report.Invariant($"p50 {measured.Median():0.000} ms, p99 {measured.Quantile(0.99):0.000} ms"),
            Report.Invariant($"limit {limit:0.0} ms; heap grew by {peak / (double)(1 << 20):0} MiB at most; {findings} findings"));
    }
}
