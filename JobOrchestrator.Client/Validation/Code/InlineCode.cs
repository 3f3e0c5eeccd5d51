using JobOrchestrator.Client.Validation.Commands;
using JobOrchestrator.Client.Validation.Shell;

namespace JobOrchestrator.Client.Validation.Code;

/// <summary>Looks through code that the script hands to an interpreter, for what the same script could not do in shell.</summary>
internal sealed class InlineCode(ShellInterpreter shell, FindingList findings, CommandRules rules, Language language, Invocation around)
{
    private static readonly HashSet<string> Imports = new(StringComparer.Ordinal) { "import", "from", "require", "use", "using", "library", "include", "load", "request" };

    /// <summary>A long program is looked at piece by piece.</summary>
    private const int TokensAtOnce = 1 << 16;

    /// <summary>Names whose meaning is kept.</summary>
    private const int MaxNames = 10_000;

    /// <summary>So many of anything are more than a large machine's memory holds.</summary>
    private const double HugeCount = 5e11;

    private readonly CodeValues _values = new();
    private readonly CodeForks _forks = new();
    private readonly Dictionary<string, CodeName> _meanings = new(StringComparer.Ordinal);
    private readonly CodeAliases _aliases = new();
    private readonly bool _feedsShell = around.Downstream.Any(d => d is "sh" or "bash" or "dash" or "zsh" or "xargs");
    private bool _decodes;

    /// <summary>Texts that were not written as they are.</summary>
    private readonly HashSet<string> _hidden = new(StringComparer.Ordinal);

    /// <summary>Whether it deletes what is known only at run time, and the first line on which a directory of others is named.</summary>
    private bool _deletes;
    private int _foreign;

    /// <summary>Whether it finds the user's home directory, and the line on which a file that matters there is named.</summary>
    private bool _findsHome;
    private int _startup;

    /// <summary>Whether it looks at the list of processes.</summary>
    private bool _listsProcesses;

    /// <summary>Whether it may call the system's own functions.</summary>
    private bool _isNative;
    private bool _leaves;
    private bool _leavesByItself;

    /// <summary>Whether an error for want of memory is caught.</summary>
    private bool _outlivesMemory;
    private bool _grows;
    private int _evaluates;
    private int _endless;

    /// <summary>Line on which directories outside the job's are gone through.</summary>
    private int _outside;

    /// <summary>Whether it turns encoded text back, not only numbers into letters or values.</summary>
    public bool DecodesText { get; private set; }

    /// <summary>Whether it runs commands, or what becomes of its output decides what it does.</summary>
    public bool DependsOnPlace { get; private set; } = around.Downstream.Any(d => d is "sh" or "bash" or "dash" or "zsh" or "xargs");

    public void Check(string code, int line)
    {
        var tokens = new List<CodeToken>();
        for (var i = 0; i < code.Length && !findings.IsFull;)
        {
            tokens.Clear();
            CodeReader.Read(code, language, ref i, ref line, TokensAtOnce, tokens, shell.Words);
            Check(tokens);
        }

        if (_deletes && _foreign > 0)
        {
            findings.Add(ScriptRules.DeleteOutside, _foreign, $"{language.Name} code deletes, and names a directory that is not the job's");
        }

        if (_findsHome && _startup > 0)
        {
            findings.Add(ScriptRules.StartupFile, _startup, $"a file that runs at every login in {language.Name} code");
        }

        if (_decodes && _feedsShell)
        {
            findings.Add(ScriptRules.Decoded, around.Line, $"{language.Name} code decodes text for a shell");
        }

        if (_decodes && _evaluates > 0)
        {
            findings.Add(ScriptRules.Decoded, _evaluates, $"{language.Name} code runs what it has decoded");
        }

        if (_forks.Multiply)
        {
            findings.Add(ScriptRules.ForkBomb, _forks.Line, $"{language.Name} code starts processes in a loop");
        }

        if (_endless > 0 && (!_leaves || (_outlivesMemory && !_leavesByItself)))
        {
            findings.Add(_grows ? ScriptRules.Fill : ScriptRules.Stress, _endless, $"{language.Name} code loops without end{(_grows ? ", and its data grow" : "")}");
        }
    }

    private void Check(List<CodeToken> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            if (ConstantText.At(tokens, i) is { } constant)
            {
                tokens[i] = new CodeToken(CodeTokenKind.Text, constant, tokens[i].Line);
                _hidden.Add(constant);
            }
        }

        for (var i = 0; i < tokens.Count && !findings.IsFull; i++)
        {
            if (tokens[i].Kind == CodeTokenKind.Name)
            {
                NoteAliases(tokens, i);
                tokens[i] = tokens[i] with { Text = _aliases.Resolve(tokens[i].Text) };
            }

            var token = tokens[i];
            switch (token.Kind)
            {
                case CodeTokenKind.Backticks:
                    _leaves = true;
                    if (HasDecoding(token.Text))
                    {
                        findings.Add(ScriptRules.Decoded, token.Line, $"{language.Name} code runs what it has decoded");
                    }

                    Run(token.Text, token.Line);
                    break;
                case CodeTokenKind.Text:
                    if (language.Name is "awk" && token.Text is "%c")
                    {
                        DecodesText = _decodes = true;
                        _values.NoteDecoding(tokens, i); // sprintf("%c", 99): a text that is put together from numbers
                    }

                    if (_feedsShell)
                    {
                        Run(around.Input?.Contains(Mark.Processes) == true ? token.Text + Mark.Processes : token.Text, token.Line);
                        _decodes |= language.Name is "awk" && token.Text.Contains("%c", StringComparison.Ordinal);
                    }

                    CheckText(tokens, i);
                    CheckSize(tokens, i);
                    break;
                case CodeTokenKind.Symbol:
                    _grows |= token.Text is "+" or "*" or "<" && i + 1 < tokens.Count && (tokens[i + 1].Is('=') || (token.Is('<') && tokens[i + 1].Is('<')));
                    CheckSize(tokens, i);
                    break;
                case CodeTokenKind.Name:
                    _values.Note(tokens, i);
                    CheckVariableCall(tokens, i);
                    if (Meaning(token.Text) is var meaning and not CodeName.None)
                    {
                        NoteName(tokens, i, meaning);
                        CheckName(tokens, i, meaning);
                    }

                    break;
            }
        }
    }

    /// <summary><c>$f(…)</c>: the function that is called is what a variable holds.</summary>
    private void CheckVariableCall(List<CodeToken> tokens, int i)
    {
        if (language.Name is "PHP" or "Perl" && i > 0 && tokens[i - 1].Is('$') && i + 1 < tokens.Count && tokens[i + 1].Is('(') && _values.ValueOf(tokens[i].Text) is { } name
            && (CodeNames.IsRun(name) || CodeNames.IsNetwork(language, name) || CodeNames.IsDelete(language, name)))
        {
            findings.Add(ScriptRules.HiddenCommand, tokens[i].Line, $"'{Mark.Display(name)}' called by what a variable holds in {language.Name} code");
        }
    }

    private CodeName Meaning(string name)
    {
        if (!_meanings.TryGetValue(name, out var meaning))
        {
            meaning = CodeNames.Of(language, name);
            if (_meanings.Count < MaxNames)
            {
                _meanings.Add(name, meaning);
            }
        }

        return meaning;
    }

    /// <summary>What a name says about the program as a whole.</summary>
    private void NoteName(List<CodeToken> tokens, int i, CodeName meaning)
    {
        var token = tokens[i];
        if (meaning.HasFlag(CodeName.Decode))
        {
            _decodes = true;
            DecodesText |= !CodeNames.IsConversion(token.Text);
            _values.NoteDecoding(tokens, i);
        }

        if (meaning.HasFlag(CodeName.Transform))
        {
            _decodes |= token.Text is "map" or "reverse";
            if (token.Text is "tr" or "y" && i + 2 < tokens.Count && tokens[i + 2].Text is "A" or "a" or "N" or "n" && CodeNames.IsRotation(string.Concat(tokens.Skip(i + 1).Take(24).Select(t => t.Text))))
            {
                findings.Add(ScriptRules.Decoded, token.Line, "Perl code that turns disguised letters back");
            }
        }

        _evaluates = meaning.HasFlag(CodeName.Evaluate) && IsCall(tokens, i) ? token.Line : _evaluates;
        _endless = _endless == 0 && meaning.HasFlag(CodeName.Loop) && Loops.IsEndless(tokens, i) ? token.Line : _endless;
        _forks.Note(tokens, i, meaning);
        _isNative |= meaning.HasFlag(CodeName.Native);
        _leaves |= meaning.HasFlag(CodeName.Leave);
        _findsHome |= meaning.HasFlag(CodeName.Home);
        _leavesByItself |= meaning.HasFlag(CodeName.Leave) && token.Text is not "except";
        _outlivesMemory |= meaning.HasFlag(CodeName.MemoryError);
        _grows |= meaning.HasFlag(CodeName.Grow);
    }

    /// <summary>Other names for modules and functions: <c>from os import system as s</c>, <c>import subprocess as p</c>, <c>run = os.system</c>.</summary>
    private void NoteAliases(List<CodeToken> tokens, int i)
    {
        if (language == Interpreters.Python && tokens[i].Text is "import")
        {
            _aliases.Import(tokens, i);
        }
        else if (language.HasPlainAssignments && i + 2 < tokens.Count && tokens[i + 1].Is('=') && tokens[i + 2].Kind == CodeTokenKind.Name
            && (i + 3 == tokens.Count || tokens[i + 3].Kind == CodeTokenKind.End || tokens[i + 3].Is(';') || tokens[i + 3].Is(',')) && !tokens[i].Text.Contains('.', StringComparison.Ordinal))
        {
            _aliases.Add(tokens[i].Text, tokens[i + 2].Text);
        }
    }

    /// <summary><c>'x' * 10**12</c></summary>
    private void CheckSize(List<CodeToken> tokens, int i)
    {
        if ((tokens[i].Kind == CodeTokenKind.Text || tokens[i].Is(']')) && i + 1 < tokens.Count && (tokens[i + 1].Is('*') || tokens[i + 1].Text is "x") && Loops.NumberAt(tokens, i + 2) > HugeCount)
        {
            findings.Add(ScriptRules.Fill, tokens[i].Line, $"{language.Name} code makes something of a size no memory has room for");
        }
    }

    private void CheckName(List<CodeToken> tokens, int i, CodeName meaning)
    {
        var token = tokens[i];
        var name = token.Text;
        if (meaning.HasFlag(CodeName.Network) && IsUse(tokens, i) && !IsOnlyImported(tokens, i))
        {
            findings.Add(ScriptRules.NetworkInline, token.Line, $"'{Mark.Display(name)}' in {language.Name} code");
        }
        else if (meaning.HasFlag(CodeName.Install) && IsCall(tokens, i) && !IsLocal(tokens, i))
        {
            findings.Add(ScriptRules.NetworkPackages, token.Line, $"'{Mark.Display(name)}' in {language.Name} code");
        }
        else if (meaning.HasFlag(CodeName.RunModule) && IsCall(tokens, i) && _values.Strings(tokens, i + 1) is ["pip" or "ensurepip" or "conda" or "easy_install", ..])
        {
            findings.Add(ScriptRules.NetworkPackages, token.Line, $"'{Mark.Display(name)}' of a package installer in {language.Name} code");
        }
        else if ((meaning.HasFlag(CodeName.SystemCall) || (_isNative && meaning.HasFlag(CodeName.NativeCall))) && IsCall(tokens, i))
        {
            findings.Add(ScriptRules.Container, token.Line, $"system call '{Mark.Display(name)}' in {language.Name} code");
        }
        else if (meaning.HasFlag(CodeName.SetUser) && IsCall(tokens, i))
        {
            findings.Add(ScriptRules.PrivilegeTool, token.Line, $"'{name}' in {language.Name} code");
        }
        else if (meaning.HasFlag(CodeName.Delete) && IsCall(tokens, i))
        {
            DependsOnPlace = true;
            var paths = _values.Strings(tokens, i + 1);
            _deletes |= paths.Count == 0;
            if (_outside > 0 && paths.Count == 0)
            {
                findings.Add(ScriptRules.DeleteOutside, token.Line, $"'{Mark.Display(name)}' of what was found outside the job's directory in {language.Name} code");
            }

            foreach (var path in paths)
            {
                rules.JudgeDelete(new Command { Name = name, Path = name, Arguments = [], Invocation = around with { Line = token.Line } }, ToPath(path), recursive: true);
            }
        }
        else if (meaning.HasFlag(CodeName.Walk) && IsCall(tokens, i))
        {
            _outside = _values.Strings(tokens, i + 1).Any(s => s.Length > 0 && Paths.PlaceOf(ToPath(s)) is Place.Root or Place.System or Place.Home) ? token.Line : _outside;
        }
        else if (meaning.HasFlag(CodeName.Run) && IsCall(tokens, i))
        {
            RunCall(tokens, i);
        }
        else if (meaning.HasFlag(CodeName.Environment))
        {
            foreach (var variable in _values.Strings(tokens, i + 1).Take(1).Where(Secrets.IsSecretName))
            {
                findings.Add(ScriptRules.SecretVariable, token.Line, $"environment variable '{variable}' in {language.Name} code");
            }

            if (name is "os.environ" && IsWhole(tokens, i))
            {
                findings.Add(ScriptRules.EnvironmentDump, token.Line, $"the whole environment in {language.Name} code");
            }
        }
        else if (meaning.HasFlag(CodeName.Lookup) && IsCall(tokens, i))
        {
            // getattr(os, 'sys' + 'tem'), Kernel.send(:system): a name that is put together
            var parts = _values.Strings(tokens, i + 1);
            if (language.Name is "Ruby" && i + 3 < tokens.Count && tokens[i + 2].Is(':'))
            {
                parts.Insert(0, tokens[i + 3].Text);
            }

            foreach (var text in parts.Count > 1 ? [.. parts, string.Concat(parts)] : parts)
            {
                if (_hidden.Contains(text) || CodeNames.IsRun(text) || CodeNames.IsRun("os." + text) || CodeNames.IsNetwork(language, text) || CodeNames.IsDelete(language, text) || CodeNames.IsInstall(language, text))
                {
                    findings.Add(ScriptRules.HiddenCommand, token.Line, $"'{Mark.Display(text)}' looked up by name in {language.Name} code");
                }
            }

            if (name is "__import__")
            {
                RunCall(tokens, i);
            }
        }
        else if (meaning.HasFlag(CodeName.Write) && IsCall(tokens, i))
        {
            JudgeWrites(tokens, i);
        }
        else if (meaning.HasFlag(CodeName.PathWrite) && i > 2 && tokens[i - 1].Is('.') && tokens[i - 2].Is(')') && tokens[i - 3].Kind == CodeTokenKind.Text)
        {
            JudgeWrite(tokens[i - 3].Text, token.Line);
        }
        else if (meaning.HasFlag(CodeName.Kill) && IsCall(tokens, i) && (_listsProcesses || IsMinusOne(tokens, i + 2)))
        {
            findings.Add(ScriptRules.OtherProcesses, token.Line, $"'{name}' of every process in {language.Name} code");
        }
    }

    private void JudgeWrites(List<CodeToken> tokens, int i)
    {
        var strings = _values.Strings(tokens, i + 1);
        if (CodeNames.MayOnlyRead(tokens[i].Text) && !strings.Exists(CodeNames.IsWriteMode))
        {
            return;
        }

        foreach (var path in strings.Select(s => s.TrimStart('>', ' ')))
        {
            JudgeWrite(path, tokens[i].Line);
        }
    }

    private void JudgeWrite(string path, int line)
    {
        if (path is ['/' or '~', _, ..] && path.AsSpan().IndexOfAny(' ', '\n') < 0)
        {
            DependsOnPlace = true;
            rules.JudgeWrite(Paths.Normalize(ToPath(path), shell.Directory), path, line);
        }
    }

    /// <summary>A package that came with the job, as <c>install.packages("x.tar.gz", repos = NULL)</c>.</summary>
    private bool IsLocal(List<CodeToken> tokens, int i) =>
        _values.Strings(tokens, i + 1).Any(s => s.EndsWith(".tar.gz", StringComparison.Ordinal) || s.EndsWith(".tgz", StringComparison.Ordinal) || s.Contains('/', StringComparison.Ordinal) && !s.Contains("://", StringComparison.Ordinal) && s[0] is '.' or '/')
        || tokens.Skip(i).Take(40).Any(t => t.Text is "NULL" or "path");

    /// <summary>Modules count where they are loaded or used, not as a word in passing.</summary>
    private bool IsUse(List<CodeToken> tokens, int i)
    {
        var before = i > 0 ? tokens[i - 1] : default;
        if (language.Name is "Ruby" or "Perl" or "Lua" or "JavaScript" && before.Text is "$" or "@" or "%" or "var" or "let" or "const" or "my" or "local")
        {
            return false;
        }

        return (before.Kind == CodeTokenKind.Name && Imports.Contains(before.Text)) || (language.Name is "R" && i > 1 && before.Is('(') && tokens[i - 2].Text is "library" or "require" or "requireNamespace" or "loadNamespace") || tokens[i].Text.Contains('.', StringComparison.Ordinal) || tokens[i].Text.Contains("::", StringComparison.Ordinal)
            || IsCall(tokens, i) || (language.Name is "Python" && IsImported(tokens, i));
    }

    /// <summary>
    /// Python programs import <c>socket</c> to ask for the name of the machine, which opens no connection; whoever opens one calls something of the module.
    /// </summary>
    private bool IsOnlyImported(List<CodeToken> tokens, int i) => language.Name is "Python" && tokens[i].Text is "socket" && !IsCall(tokens, i);

    /// <summary><c>import os, socket</c>, <c>import requests as r</c></summary>
    private static bool IsImported(List<CodeToken> tokens, int i)
    {
        for (var k = i - 1; k >= 0 && i - k < 40; k--)
        {
            if (tokens[k].Kind == CodeTokenKind.Name && tokens[k].Text == "import")
            {
                return !(k >= 2 && tokens[k - 2].Text == "from");
            }

            if (tokens[k].Kind == CodeTokenKind.Name || tokens[k].Is(','))
            {
                continue;
            }

            return false;
        }

        return false;
    }

    private bool IsCall(List<CodeToken> tokens, int i) =>
        (language.Name is "Tcl" or "Expect" && (i == 0 || tokens[i - 1].Is('[') || tokens[i - 1].Kind == CodeTokenKind.End))
        || i + 1 < tokens.Count && (tokens[i + 1].Is('(')
            || (language.Name is "Perl" or "Ruby" or "Tcl" or "Expect" or "gnuplot" or "PHP" or "Lua" && (tokens[i + 1].Kind is CodeTokenKind.Text or CodeTokenKind.Backticks || tokens[i + 1].Is('{') || tokens[i + 1].Is('[') || tokens[i + 1].Is('/') || tokens[i + 1].Kind == CodeTokenKind.Name)));

    /// <summary>Whether something is decoded in code that stands in a string (<c>`#{…}`</c>).</summary>
    private bool HasDecoding(string text)
    {
        var start = text.IndexOf("#{", StringComparison.Ordinal);
        return _values.IsDecoded(text.Trim().TrimStart('$')) || start >= 0 && text[start..].Split([' ', '(', ')', '.', '[', ']', '{', '}', '"', '\'']).Any(CodeNames.IsDecode);
    }

    private void RunCall(List<CodeToken> tokens, int i)
    {
        var line = tokens[i].Line;
        if (tokens[i].Text is "pty.spawn" or "pexpect.spawn" && _values.Strings(tokens, i + 1) is ["/bin/sh" or "/bin/bash" or "sh" or "bash", ..])
        {
            findings.Add(ScriptRules.NetworkSocket, line, $"a shell on a terminal of its own in {language.Name} code, where nobody types");
        }

        if (_values.RunsDecoded(tokens, i + 1))
        {
            findings.Add(ScriptRules.Decoded, line, $"{language.Name} code runs what it has decoded");
        }

        var strings = _values.Strings(tokens, i + 1);
        if (strings.Count == 0)
        {
            RunWords(tokens, i);
            return;
        }

        if (_values.Choices(tokens, i + 1) is { Count: > 0 } choices)
        {
            foreach (var choice in choices)
            {
                Run(choice, line);
            }

            return;
        }

        // One string is a command line, several are words of one; both are tried, for which it is depends on the call.
        Run(string.Join(' ', strings), line);
        if (strings.Count > 1 && strings[0].Contains(' ', StringComparison.Ordinal))
        {
            Run(strings[0], line);
        }
    }

    /// <summary><c>exec curl -O x</c>, <c>qx{curl x}</c>, <c>qx/curl x/</c>: words without quotes.</summary>
    private void RunWords(List<CodeToken> tokens, int i)
    {
        if (language.Name is not ("Tcl" or "Expect" or "Perl" or "Ruby") || (language.Name is "Perl" or "Ruby" && tokens[i].Text is not "qx"))
        {
            return;
        }

        var words = tokens.Skip(i + 1).TakeWhile(t => t.Kind != CodeTokenKind.End && !t.Is('}') && !t.Is(']') && !t.Is(';')).Take(50).Select(t => t.Text).SkipWhile(t => t is "{" or "(" or "/");
        Run(string.Join(' ', words), tokens[i].Line);
    }

    private void Run(string text, int line)
    {
        DependsOnPlace = true;
        if (text.Length > 0)
        {
            shell.RunTextOf(text, line, around with { Input = null, Line = line, Upstream = ArraySegment<string>.Empty }, mayBeUnknown: true);
        }
    }

    private void CheckText(List<CodeToken> tokens, int i)
    {
        var (text, line) = (tokens[i].Text, tokens[i].Line);
        if (language.Name is "JavaScript" or "Lua" or "Ruby" or "Perl" or "PHP" && CodeNames.IsNetwork(language, text.Replace("node:", "", StringComparison.Ordinal)) && i > 0
            && (tokens[i - 1].Text is "require" or "use" or "import" or "from" || (i > 1 && tokens[i - 2].Text is "require" or "import")))
        {
            findings.Add(ScriptRules.NetworkInline, line, $"'{Mark.Display(text)}' in {language.Name} code");
        }

        if (text.Length < 4)
        {
            return;
        }

        if (CodeNames.IsSocketPath(text))
        {
            findings.Add(ScriptRules.NetworkSocket, line, $"network connection in {language.Name} code");
        }

        if (Secrets.IsMetadataService(text))
        {
            findings.Add(ScriptRules.NetworkMetadata, line, $"metadata service in {language.Name} code");
        }

        if (Mining.IsPool(text))
        {
            findings.Add(ScriptRules.MinerPool, line, $"mining pool in {language.Name} code");
        }

        if (text.IndexOfAny([' ', '\n']) < 0 && text[0] is '/' or '~' && Secrets.IsSecretFile(ToPath(text)))
        {
            findings.Add(ScriptRules.SecretFile, line, $"access to '{Mark.Display(text)}' in {language.Name} code");
        }

        _foreign = _foreign == 0 && text[0] == '/' && CommandRules.IsForeignTree(text) ? line : _foreign;
        _findsHome |= text is "HOME";
        _startup = StartupFiles.IsName(text) ? line : _startup;
        if (CommandRules.IsRawDevice(text) && !text.Contains(' ', StringComparison.Ordinal))
        {
            findings.Add(ScriptRules.DeviceRead, line, $"device '{Mark.Display(text)}' in {language.Name} code");
        }

        _listsProcesses |= text is "/proc" or "/proc/" or "/proc/*" || text.StartsWith("/proc/[", StringComparison.Ordinal);
        if (text.Contains("[Desktop Entry]", StringComparison.Ordinal) && text.Contains("Exec=", StringComparison.Ordinal))
        {
            findings.Add(ScriptRules.StartupFile, line, $"an entry for the desktop's menu or start in {language.Name} code");
        }

        if (CodeNames.IsRotation(text))
        {
            findings.Add(ScriptRules.Decoded, line, $"{language.Name} code that turns disguised letters back");
        }

        if (language.Name is "Perl" && i > 0 && tokens[i - 1].Text is "eval" && text is ['$', _, ..] && text.Contains('(', StringComparison.Ordinal))
        {
            findings.Add(ScriptRules.HiddenCommand, line, "the name of a function that is evaluated is computed");
        }

        // awk: print > "file"
        if (language.Name is "awk" && i > 0 && tokens[i - 1].Is('>'))
        {
            JudgeWrite(text, line);
        }

        // '/proc/' + pid + '/mem'
        if (text.EndsWith("/proc/", StringComparison.Ordinal) && i + 4 < tokens.Count && tokens[i + 1].Is('+') && tokens[i + 3].Is('+') && Secrets.IsSecretFile("/proc/1" + tokens[i + 4].Text))
        {
            findings.Add(ScriptRules.SecretFile, line, $"access to '/proc/…{Mark.Display(tokens[i + 4].Text)}' in {language.Name} code");
        }

        // "cmd" | getline and print | "cmd"
        if (language.Name == "awk" && ((i + 2 < tokens.Count && tokens[i + 1].Is('|') && tokens[i + 2].Text is "getline" or "&") || (i > 0 && (tokens[i - 1].Is('|') || tokens[i - 1].Is('&')))))
        {
            Run(text, line);
        }

        // file_get_contents("http…"), open("http…"), urlopen
        if (language.Name is "PHP" or "Ruby" or "R" or "Julia" or "JavaScript" && (text.StartsWith("http://", StringComparison.Ordinal) || text.StartsWith("https://", StringComparison.Ordinal) || text.StartsWith("ftp://", StringComparison.Ordinal))
            && i > 0 && tokens[i - 1].Is('(') && i > 1 && tokens[i - 2].Text is "file_get_contents" or "open" or "fopen" or "readfile" or "copy" or "read.csv" or "read.table" or "readLines" or "source" or "fetch" or "URI.open" or "load" or "install.packages")
        {
            findings.Add(ScriptRules.NetworkInline, line, $"'{Mark.Display(text)}' in {language.Name} code");
        }

        // perl: open(F, "curl x |")
        if (language.Name is "Perl" && (text.EndsWith('|') || text.StartsWith('|')))
        {
            Run(text.Trim('|', ' '), line);
        }

        if (language.Name is "gnuplot" && text.StartsWith('<'))
        {
            Run(text[1..], line);
        }
    }

    private static string ToPath(string text) =>
        text.Length > 0 && text[0] == '~' ? Mark.Home + text[1..] : text.Replace('*', Mark.Star);

    /// <summary>Not one variable of it, nor a copy that is passed on.</summary>
    private static bool IsWhole(List<CodeToken> tokens, int i) =>
        !(i + 1 < tokens.Count && (tokens[i + 1].Is('[') || tokens[i + 1].Is('.'))) && i > 0 && tokens[i - 1].Is('(');

    private static bool IsMinusOne(List<CodeToken> tokens, int i) =>
        i + 1 < tokens.Count && ((tokens[i].Is('-') && tokens[i + 1].Text == "1") || (i + 3 < tokens.Count && tokens[i + 2].Is('-') && tokens[i + 3].Text == "1"));
}
