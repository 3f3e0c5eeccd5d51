using System.Text;
using BenchmarkDotNet.Attributes;
using JobOrchestrator.Benchmarks.Modes;
using JobOrchestrator.Client.Validation;
using JobOrchestrator.Client.Validation.Shell;

namespace JobOrchestrator.Benchmarks.Micro;

/// <summary>A script of about 50 lines, as people write them.</summary>
public class ScriptBenchmarks
{
    private readonly string _text = Validation.Typical;
    private readonly byte[] _bytes = Encoding.UTF8.GetBytes(Validation.Typical);

    [Benchmark(Description = "shell lexer: typical script")]
    public int Lex()
    {
        var lexer = new ShellLexer(_text);
        var statements = new List<Statement>();
        while (lexer.TryReadLine(statements))
        {
            // Statement by statement to the end.
        }

        return statements.Count;
    }

    [Benchmark(Description = "validator: typical script")]
    public int Validate() => ScriptValidator.Validate(_bytes, RuleSet.Default).Count;
}
