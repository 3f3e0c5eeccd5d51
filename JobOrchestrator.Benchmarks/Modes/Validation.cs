using System.Diagnostics;
using System.Globalization;
using System.Text;
using JobOrchestrator.Benchmarks.Driver;
using JobOrchestrator.Client.Validation;

namespace JobOrchestrator.Benchmarks.Modes;

/// <summary>How long a script waits for its verdict: one as people write it, and the largest there may be, in several shapes.</summary>
internal static class Validation
{
    private const double LargestMilliseconds = 500;
    private const double TypicalMilliseconds = 0.2;

    /// <summary>About 50 lines with what such scripts have: functions, loops, here-documents, quoting, traps.</summary>
    internal const string Typical = """
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
        Measure(context, $"verdict on a typical script ({Typical.Split('\n').Length} lines)", Encoding.UTF8.GetBytes(Typical), 5000, TypicalMilliseconds);
        foreach (var (shape, line) in Lines)
        {
            Measure(context, $"verdict on 20 MiB of {shape}", Fill(line), 1, LargestMilliseconds);
        }

        foreach (var (shape, before, line, after) in Wholes)
        {
            Measure(context, $"verdict on 20 MiB in {shape}", Fill(line, before, after), 1, LargestMilliseconds);
        }

        return Task.CompletedTask;
    }

    /// <summary>What is repeated, line by line.</summary>
    private static IEnumerable<(string Shape, string Line)> Lines =>
    [
        ("plain commands", "./analyse --input data/frame_0001.dat --output results/frame_0001.csv\n"),
        ("very short commands", "a b\n"),
        ("quotes, variables and redirections", "name=\"frame_$i\"; ./analyse --input \"data/$name.dat\" > 'results/x.csv' 2>&1 || echo \"failed: $name\"\n"),
        ("$'…' quotes", "printf %s $'a\\tb\\x41\\n' $'c'\n"),
        ("comments", "# nothing to be seen here, only a comment of usual length\n"),
        ("empty lines", "\n"),
        ("assignments", "value=12.5\n"),
        ("assignments of new variables", "v{0}={0}\n"),
        ("arithmetic", "x=$((x + 3 * (y - 1))); ((i++))\n"),
        ("arrays", "a=(one two \"three four\" $x); b[3]=${a[1]}; echo \"${a[@]}\"\n"),
        ("parameter operators", "echo ${x%.*} ${y##*/} ${z//a/b} ${w:-default}\n"),
        ("cases", "case $x in a|b) echo one ;; *.txt) ./t \"$x\" ;; *) exit 1 ;; esac\n"),
        ("tests", "[[ -f $x && $y == *.txt ]] || [ \"$a\" -gt 3 ] && ./t\n"),
        ("loops with substitutions", "for f in a b; do n=$(basename \"$f\" .x); echo \"$n\" | ./t > \"$n.out\"; done\n"),
        ("loops in loops", "for a in 1 2; do for b in 1 2; do while read -r c; do if [ $c ]; then ./t $a $b; fi; done < x; done; done\n"),
        ("deep subshells", string.Concat(Enumerable.Repeat("( ", 25)) + "./t" + string.Concat(Enumerable.Repeat(" )", 25)) + "\n"),
        ("deep substitutions", string.Concat(Enumerable.Repeat("$(echo ", 25)) + "x" + string.Concat(Enumerable.Repeat(")", 25)) + "\n"),
        ("deep conditions", string.Concat(Enumerable.Repeat("if a; then ", 25)) + "./t" + string.Concat(Enumerable.Repeat("; fi", 25)) + "\n"),
        ("backticks", "x=`basename $y .pdb`; echo `date`\n"),
        ("functions", "step() { local n=$1; ./t \"$n\" > \"$n.log\"; }\n"),
        ("calls of a function", "step a b\n"),
        ("long pipelines", "cat a | grep b | sort | uniq -c | sort -rn | head -n 3 | awk '{print $2}' | tr a b | cut -c1-3 | wc -l\n"),
        ("text for eval", "eval \"x=1; ./t \\$x\"\n"),
        ("text for sh -c", "sh -c './t \"$1\" | sort' _ a\n"),
        ("inline Python", "python3 -c 'import sys; print(len(sys.argv))' a b\n"),
        ("here-documents", "cat > conf.txt <<EOF\nkey = 1\nother = $x\nEOF\n"),
        ("here-documents to new files", "cat > conf_{0}.txt <<EOF\nkey = 1\nEOF\n"),
        ("here-strings", "tr a b <<< \"$x text\"\n"),
        ("process substitutions", "diff <(sort a) <(sort b) > c\n"),
        ("braces", "mkdir -p out/{a,b,c}/{1..9}\n"),
        ("deletions", "rm -f tmp/part_0001.txt\n"),
        ("plain commands, all different", "./analyse --input data/frame_{0}.dat --output results/frame_{0}.csv\n"),
        ("quotes, variables and redirections, all different", "name=\"frame_{0}\"; ./analyse --input \"data/$name.dat\" > 'results/{0}.csv' 2>&1 || echo \"failed: $name\"\n"),
        ("loops with substitutions, all different", "for f in a{0} b{0}; do n=$(basename \"$f\" .x); echo \"$n\" | ./t > \"$n.out\"; done\n"),
        ("long pipelines, all different", "cat a{0} | grep b | sort | uniq -c | sort -rn | head -n 3 | awk '{print $2}' | tr a b | cut -c1-3 | wc -l > c{0}\n"),
        ("text for sh -c, all different", "sh -c './t \"$1\" | sort' _ {0}\n"),
        ("deletions, all different", "rm -f tmp/part_{0}.txt\n"),
        ("inline Python, all different", "python3 -c 'print({0})' a b\n"),
        ("cases, all different", "case $x{0} in a|b) echo one ;; *.txt) ./t \"$x\" ;; *) exit {0} ;; esac\n"),
        ("tests, all different", "[[ -f x{0} && $y == *.txt ]] || [ \"$a\" -gt {0} ] && ./t\n"),
        ("arrays, all different", "a=(one{0} two \"three four\" $x); b[3]=${a[1]}; echo \"${a[@]}\"\n"),
        ("copies and moves, all different", "cp \"a{0}\" 'b{0}'; mv b{0} c/\n"),
        ("time limits, all different", "timeout 60 ./t {0}\n"),
        ("arguments by xargs, all different", "ls a{0} | xargs -n1 ./t\n"),
        ("edits by sed, all different", "sed -e 's/X/{0}/' tmpl.in > in{0}.txt; ./t < in{0}.txt\n"),
        ("conditions on files, all different", "if [ ! -f out{0}.txt ]; then ./t {0} > out{0}.txt; fi\n"),
        ("messages in quotes, all different", "echo \"step {0} is done\"\n"),
        ("lines for new files, all different", "echo a{0} > f{0}\n"),
        ("lines for one file, all different", "echo a{0} >> f\n"),
        ("exported variables, all different", "export v{0}=\"x y{0}\"\n"),
        ("searches, all different", "grep x f{0} g\n"),
        ("directories, all different", "cd d{0}; ./t; cd ..\n"),
        ("braces, all different", "mkdir -p out{0}/{a,b,c}/{1..9}\n"),
        ("functions, all different", "step{0}() { local n=$1; ./t \"$n\" > \"$n.log\"; }; step{0} a\n"),
    ];

    /// <summary>What has one beginning and one end, 20 MiB apart.</summary>
    private static IEnumerable<(string Shape, string Before, string Line, string After)> Wholes =>
    [
        ("one quoted here-document", "cat > a.pdb <<'EOF'\n", Atom, "EOF\n"),
        ("one here-document with expansions", "cat > a.pdb <<EOF\n$x\n", Atom, "EOF\n"),
        ("one here-document full of variables", "cat > a.pdb <<EOF\n", "v $x ${y} `z`\n", "EOF\n"),
        ("one here-document for Python", "python3 - <<'EOF'\n", "values.append((1, 'a', \"b\"))\n", "EOF\n"),
        ("one here-document without an end", "cat > a.pdb <<'EOF'\n", Atom, ""),
        ("one line", "", "./t a; ", "\n"),
        ("one word", "./t ", "abcdefgh", "\n"),
        ("one command's arguments", "./t", " data/frame_0001.dat", "\n"),
        ("one single-quoted word", "./t '", "abc defg\n", "'\n"),
        ("one double-quoted word", "./t \"", "abc $x d\n", "\"\n"),
        ("one $'…' word", "./t $'", "abc\\tdef\\n", "'\n"),
        ("one word of short quotes", "./t ", "'a'\"b\"\\c$x", "\n"),
        ("one array", "a=(", "one two \"$x\"\n", ")\n"),
        ("one arithmetic expression", "x=$((", "1 + y + ", "1))\n"),
        ("one run of Python strings side by side", "python3 - <<'EOF'\nx = (", "'a' ", ")\nEOF\n"),
        ("one pipeline", "cat a ", "| ./t b ", "\n"),
        ("one list of conditions", "true ", "&& ./t b ", "\n"),
        ("one string for sh -c", "sh -c '", "./t a\n", "'\n"),
        ("one string for eval", "eval \"", "./t a; ", "\"\n"),
        ("one string of Python", "python3 -c '", "print(1)\n", "'\n"),
        ("one substitution", "x=$(", "./t a\n", ")\n"),
        ("one for over many words", "for x in", " data/frame_0001.dat", "; do ./t $x; done\n"),
        ("one case of many branches", "case $x in\n", "a) ./t ;;\n", "esac\n"),
        ("one group", "{\n", "./analyse data/frame_0001.dat > frame.csv\n", "}\n"),
        ("one group of very short commands", "{\n", "a\n", "}\n"),
        ("one group of different commands", "{\n", "./analyse \"data/frame_{0}.dat\" > frame_{0}.csv\n", "}\n"),
        ("one function", "f() {\n", "./analyse data/frame_0001.dat > frame.csv\n", "}\nf\nf\n"),
        ("open parentheses", "", "( ", ""),
        ("open substitutions", "", "$(", ""),
        ("open braces", "x", "{a,", ""),
        ("open quotes in substitutions", "", "\"$(\"", ""),
        ("open arithmetic", "", "$((", ""),
        ("open here-documents", "", "<<A ", "\n"),
        ("backticks without sense", "", "`a\\`", ""),
        ("backslashes", "", "\\", ""),
        ("Windows line endings at its end", "", "./analyse data/frame_0001.dat\n", "true\r\n"),
    ];

    private const string Atom = "ATOM      1  N   MET A   1      38.428  13.104   6.364\n";

    /// <summary>As many lines as there is room for; <c>{0}</c> in one is its number.</summary>
    private static byte[] Fill(string line, string before = "", string after = "")
    {
        var script = new StringBuilder(before, (int)ScriptValidator.MaxScriptBytes);
        var room = ScriptValidator.MaxScriptBytes - after.Length - 10;
        for (var i = 0; script.Length + line.Length <= room; i++)
        {
            script.Append(line.Contains("{0}", StringComparison.Ordinal) ? line.Replace("{0}", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal) : line);
        }

        var bytes = Encoding.UTF8.GetBytes(script.Append(after).ToString());
        return bytes.Length <= ScriptValidator.MaxScriptBytes ? bytes : throw new InvalidOperationException($"'{line}' made a script that is refused for its size.");
    }

    private static void Measure(RunContext context, string what, byte[] script, int times, double limit)
    {
        var measured = new List<double>();
        var (allocated, peak) = (0L, 0L);
        IReadOnlyList<Finding> findings = [];
        for (var round = 0; round <= context.Rounds; round++)
        {
            GC.Collect();
            ProcessMemory.ResetPeak(Environment.ProcessId);
            var before = ProcessMemory.Resident(Environment.ProcessId);
            var allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < times; i++)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                var started = Stopwatch.GetTimestamp();
                findings = ScriptValidator.Validate(script, RuleSet.Default);
                var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                if (round > 0)
                {
                    measured.Add(elapsed);
                }
            }

            allocated = (GC.GetAllocatedBytesForCurrentThread() - allocatedBefore) / times;
            peak = Math.Max(peak, ProcessMemory.Peak(Environment.ProcessId) - before);
        }

        context.Report.Add(
            what,
            Report.Invariant($"p50 {measured.Median():0.000} ms, p99 {measured.Quantile(0.99):0.000} ms"),
            Report.Invariant($"limit {limit:0.0} ms: {(measured.Median() <= limit ? "met" : "missed")}; {allocated / (double)(1 << 20):0.0} MiB allocated, at most {peak / (double)(1 << 20):0} MiB more in use; {Verdict(findings)}"));
    }

    private static string Verdict(IReadOnlyList<Finding> findings) => findings.FirstOrDefault(f => f.Severity == Severity.Error) is { } error ? error.RuleId : "accepted";
}
